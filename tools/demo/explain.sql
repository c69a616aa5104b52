SELECT * FROM incident.explain(:incident);
