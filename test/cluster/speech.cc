// What the cluster tests say to PostgreSQL and to MariaDB.
#include "app.h"

#include <cstdlib>

using std::string;

static Speech postgres()
{
    Speech s;
    s.driver = "Holdfast PostgreSQL";
    s.admin = "UID=postgres;PWD=postgres";
    s.clusters = {"demo", "two", "plain", "poor", "secure", "aurora"};
    s.tls = "SSLMODE=require;";
    s.here = "SELECT host(inet_server_addr())";
    s.recovery = "SELECT pg_is_in_recovery()::int";
    s.sleep30 = "SELECT pg_sleep(30)";
    s.sleep4 = "SELECT pg_sleep(4)";
    s.monitor_sessions =
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'holdfast monitor'";
    s.numbers = "SELECT n FROM generate_series(1, 100000) n";
    s.text_numbers = "SELECT n, repeat('x', 1000) FROM generate_series(1, 200000) n";
    s.keys = "SELECT string_agg(k::text, ',' ORDER BY k) FROM ";
    s.kill_self = "SELECT pg_terminate_backend(pg_backend_pid())";
    s.busy = "SELECT repeat('x', 5000), pg_sleep(0.001)";
    s.slow = {"CREATE OR REPLACE FUNCTION wait_a_little() RETURNS trigger LANGUAGE plpgsql "
              "AS 'BEGIN PERFORM pg_sleep(3); RETURN NULL; END'",
              "DROP TRIGGER IF EXISTS at_commit ON slow",
              "CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON slow DEFERRABLE "
              "INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION wait_a_little()"};
    s.settings = {{"SET search_path TO mine, public", "SHOW search_path", "mine, public"},
                  {"SET TimeZone TO 'Asia/Tokyo'", "SHOW TimeZone", "Asia/Tokyo"},
                  {"SET work_mem TO '7MB'", "SHOW work_mem", "7MB"},
                  {"SET statement_timeout TO '77s'", "", ""},
                  {"RESET statement_timeout", "SHOW statement_timeout", "0"},
                  {"", "SHOW transaction_isolation", "serializable"}};
    s.lost_settings = {{"SET lock_timeout TO '5s'", "SHOW lock_timeout", "0"}};
    s.user = "SELECT current_user";
    s.read_only = "SET default_transaction_read_only TO on";
    s.read_only_code = "25006";
    s.flood = "INSERT INTO disk(k) SELECT generate_series(1, 100000)";
    s.no_room = "53100: could not extend file";
    s.restarts = true;
    s.hungry = "SELECT length(string_agg(repeat('x', 1000000), '')) FROM generate_series(1, 300)";
    s.no_memory = "53200: out of memory";
    s.aborted = "25000";
    s.grant = "GRANT USAGE ON SCHEMA rds_tools";
    s.session = "SELECT pg_backend_pid()";
    s.end_session = "SELECT pg_terminate_backend(";
    s.end_session_tail = ")";
    s.count_session = "SELECT count(*) FROM pg_stat_activity WHERE pid = ";
    s.slow_procedure = "CREATE OR REPLACE PROCEDURE ended_p() LANGUAGE plpgsql AS 'BEGIN INSERT INTO "
                       "ended VALUES (1); COMMIT; PERFORM pg_sleep(20); END'";
    s.slow_insert = "INSERT INTO half SELECT ?::int FROM pg_sleep(0.5)";
    s.topology_aside = {"ALTER FUNCTION rds_tools.show_topology(text) RENAME TO sane_topology"};
    s.topology_back = {"DROP FUNCTION rds_tools.show_topology(text)",
                       "ALTER FUNCTION rds_tools.sane_topology(text) RENAME TO show_topology"};
    for (const char *rows : {"SELECT 'x', 'a\"b''; --' || chr(10) || 'y', 5432",
                             "SELECT repeat('i', 100000), repeat('h', 100000), 70000",
                             "SELECT 'x' || n, 'h' || n || '.invalid', 5432 "
                             "FROM generate_series(1, 1000) AS n",
                             "SELECT 'x', 'h.invalid', 5432"})
        s.topology_rubbish.push_back(
            {string("CREATE OR REPLACE FUNCTION rds_tools.show_topology(client text DEFAULT '') "
                    "RETURNS TABLE (id text, endpoint text, port int) LANGUAGE sql STABLE AS $x$") +
             rows + "$x$"});
    return s;
}

static Speech mariadb()
{
    Speech s;
    s.driver = "Holdfast MySQL";
    s.admin = "UID=admin;PWD=admin-secret";
    s.clusters = {"demo", "two", "plain", "poor", "secure", "aurora"};
    s.tls = "SSLMODE=REQUIRED;";
    s.here = "SELECT @@global.bind_address";
    s.recovery = "SELECT @@global.read_only";
    s.sleep30 = "SELECT SLEEP(30)";
    s.sleep4 = "SELECT SLEEP(4)";
    s.monitor_sessions =
        "SELECT count(*) FROM information_schema.processlist WHERE user = 'app'";
    s.numbers = "SELECT seq FROM seq_1_to_100000";
    s.text_numbers = "SELECT seq, repeat('x', 1000) FROM seq_1_to_200000";
    s.keys = "SELECT GROUP_CONCAT(k ORDER BY k SEPARATOR ',') FROM ";
    s.kill_self = "KILL CONNECTION_ID()";
    s.busy = "SELECT repeat('x', 5000), SLEEP(0.001)";
    s.slow_admin = {"BACKUP STAGE START", "BACKUP STAGE BLOCK_COMMIT"};
    s.settings = {
        {"SET time_zone = '+09:00', @mine := 'x''y'", "SELECT @@time_zone", "+09:00"},
        {"", "SELECT @mine", "x'y"},
        {"SET SESSION sort_buffer_size = 300000", "SELECT @@sort_buffer_size", "300000"},
        {"SET sql_mode = CONCAT(@@sql_mode, ',PIPES_AS_CONCAT')",
         "SELECT @@sql_mode LIKE '%PIPES_AS_CONCAT%'", "1"},
        {"SET NAMES utf8mb4 COLLATE utf8mb4_bin", "SELECT @@collation_connection", "utf8mb4_bin"},
        {"USE information_schema", "SELECT DATABASE()", "information_schema"},
        {"", "SELECT @@tx_isolation", "SERIALIZABLE"}};
    s.user = "SELECT CURRENT_ROLE()";
    s.read_only = "SET SESSION TRANSACTION READ ONLY";
    s.read_only_code = "1792";
    s.flood = "INSERT INTO disk(k) SELECT seq FROM seq_1_to_100000";
    s.no_room = "is full";
    s.hungry = "SELECT COUNT(*) FROM (SELECT seq FROM seq_1_to_10000 GROUP BY seq) AS a";
    s.no_memory = "ERROR 1290 (HY000): The MariaDB server is running with the --max-session-mem-used";
    s.session = "SELECT CONNECTION_ID()";
    s.end_session = "KILL ";
    s.count_session = "SELECT COUNT(*) FROM information_schema.processlist WHERE id = ";
    s.slow_procedure = "DROP PROCEDURE IF EXISTS ended_p; CREATE PROCEDURE ended_p() BEGIN "
                       "INSERT INTO ended VALUES (1); COMMIT; DO SLEEP(20); END";
    s.slow_insert = "INSERT INTO half SELECT ? + SLEEP(0.5)";
    s.topology_aside = {"CREATE TABLE mysql.sane_topology AS SELECT * FROM mysql.rds_topology"};
    s.topology_back = {"DELETE FROM mysql.rds_topology",
                       "INSERT INTO mysql.rds_topology SELECT * FROM mysql.sane_topology",
                       "DROP TABLE mysql.sane_topology"};
    for (const char *rows : {"SELECT 'x', 'a\"b''; --\\ny', 3306",
                             "SELECT repeat('i', 64), repeat('h', 255), 70000",
                             "WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE "
                             "n < 1000) SELECT CONCAT('x', n), CONCAT('h', n, '.invalid'), 3306 FROM s",
                             "SELECT 'x', 'h.invalid', 3306"})
        s.topology_rubbish.push_back({"DELETE FROM mysql.rds_topology",
                                      string("INSERT INTO mysql.rds_topology ") + rows});
    s.lies = true;
    s.strict = "SET GLOBAL max_connect_errors = 5";
    s.grant = "GRANT SELECT ON mysql.rds_topology TO 'app'@'%'";
    return s;
}

// MySQL where it differs.
static Speech mysql()
{
    Speech s = mariadb();
    // A killed SLEEP() by itself is answered: 1. One among rows is an error.
    s.sleep30 = "SELECT MAX(SLEEP(30 * (seq = 1))) FROM seq_1_to_10";
    s.slow_admin = {"FLUSH TABLES WITH READ LOCK"};
    s.settings.back() = {"", "SELECT @@transaction_isolation", "SERIALIZABLE"};
    s.user = "SELECT SUBSTRING_INDEX(REPLACE(CURRENT_ROLE(), '`', ''), '@', 1)";
    return s;
}

static Speech chosen()
{
    const char *backend = getenv("HF_BACKEND"), *server = getenv("HF_MY_SERVER");
    if (!backend || std::string(backend) != "my")
        return postgres();
    return server && std::string(server) == "mysql" ? mysql() : mariadb();
}

const Speech &speech()
{
    // Never destroyed: leaver.cc ends while its threads read it.
    static const Speech &s = *new Speech(chosen());
    return s;
}
