-- One tick for all that are open.
\ir ../generate.sql
\ir ../measure.sql
SELECT report.take_times('curve', :'open' || ' open ' || :'open' || ' due', :run, ms, cpu_ms)
FROM bench.measure_stage(1) AS m \g /dev/null
