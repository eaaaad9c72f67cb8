-- What MariaDB's sequence engine has of itself: seq_1_to_N, the first hundred thousand in order. A statement a line.
CREATE TABLE seq_1_to_100000(seq int unsigned PRIMARY KEY);
SET SESSION cte_max_recursion_depth = 100000;
INSERT INTO seq_1_to_100000 WITH RECURSIVE s(seq) AS (SELECT 1 UNION ALL SELECT seq + 1 FROM s WHERE seq < 100000) SELECT seq FROM s;
CREATE VIEW seq_1_to_1 AS SELECT seq FROM seq_1_to_100000 WHERE seq <= 1;
CREATE VIEW seq_1_to_10 AS SELECT seq FROM seq_1_to_100000 WHERE seq <= 10;
CREATE VIEW seq_1_to_30 AS SELECT seq FROM seq_1_to_100000 WHERE seq <= 30;
CREATE VIEW seq_1_to_1000 AS SELECT seq FROM seq_1_to_100000 WHERE seq <= 1000;
CREATE VIEW seq_1_to_2000 AS SELECT seq FROM seq_1_to_100000 WHERE seq <= 2000;
CREATE VIEW seq_1_to_20000 AS SELECT seq FROM seq_1_to_100000 WHERE seq <= 20000;
CREATE VIEW seq_1_to_200000 AS SELECT b.seq + (a.seq - 1) * 100000 AS seq FROM seq_1_to_100000 a STRAIGHT_JOIN seq_1_to_100000 b WHERE a.seq <= 2;
CREATE VIEW seq_1_to_1000000 AS SELECT b.seq + (a.seq - 1) * 100000 AS seq FROM seq_1_to_100000 a STRAIGHT_JOIN seq_1_to_100000 b WHERE a.seq <= 10;
CREATE VIEW seq_1_to_3000000 AS SELECT b.seq + (a.seq - 1) * 100000 AS seq FROM seq_1_to_100000 a STRAIGHT_JOIN seq_1_to_100000 b WHERE a.seq <= 30;
CREATE VIEW seq_1_to_100000000 AS SELECT b.seq + (a.seq - 1) * 100000 AS seq FROM seq_1_to_100000 a STRAIGHT_JOIN seq_1_to_100000 b WHERE a.seq <= 1000;
