-- The finished run of pg_cron's job :job, as `status|message`.
SELECT status, coalesce(return_message, '') || coalesce(' (' || to_char(end_time - start_time, 'SS.MS') || ' s)', '')
FROM cron.job_run_details
WHERE jobid = :job AND status IN ('succeeded', 'failed')
ORDER BY runid
LIMIT 1;
