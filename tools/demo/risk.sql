-- The highest risks first, and where all of them stand in the heat map.
SELECT rank() OVER (ORDER BY current_value DESC) AS rank, title, asset, inherent, current, residual,
	incident.term('decision', decision) AS decision,
	incident.term('standing', standing) AS standing
FROM incident.risk_register
ORDER BY current_value DESC, scenario_id
LIMIT 10;

SELECT loss, max(current) FILTER (WHERE likelihood = '1') AS "likelihood 1",
	max(current) FILTER (WHERE likelihood = '2') AS "2", max(current) FILTER (WHERE likelihood = '3') AS "3",
	max(current) FILTER (WHERE likelihood = '4') AS "4", max(current) FILTER (WHERE likelihood = '5') AS "5"
FROM incident.risk_heat
GROUP BY loss
ORDER BY loss DESC;
