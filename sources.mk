# Written by test/lint/sources --fix (make sources) from what is in the tree. Not edited by hand.
base_sources = \
	driver/base/arena.c \
	driver/base/arena.h \
	driver/base/buf.c \
	driver/base/buf.h \
	driver/base/clock.c \
	driver/base/clock.h \
	driver/base/connstr.c \
	driver/base/fault.c \
	driver/base/fault.h \
	driver/base/helper.c \
	driver/base/helper.h \
	driver/base/list.h \
	driver/base/log.c \
	driver/base/log.h \
	driver/base/option.c \
	driver/base/option.def \
	driver/base/option.h \
	driver/base/resolve.c \
	driver/base/resolve.h \
	driver/base/text.c \
	driver/base/text.h \
	driver/base/utf.c \
	driver/base/utf.h \
	driver/base/wait.c \
	driver/base/wait.h
native_sources = \
	driver/native/native.c \
	driver/native/native.h \
	driver/native/native_priv.h \
	driver/native/spool.c \
	driver/native/spool.h \
	driver/native/sqlstate.def \
	driver/native/twin.c
native_pg_sources = \
	driver/native/pg_cancel.c \
	driver/native/pg_fault.c \
	driver/native/pg_open.c \
	driver/native/pg_priv.h \
	driver/native/pg_result.c \
	driver/native/pg_rows.c \
	driver/native/pg_send.c \
	driver/native/pg_state.c \
	driver/native/pg_type.c \
	driver/native/pg_type.def \
	driver/native/pg_wire.c
native_my_sources = \
	driver/native/my_bind.c \
	driver/native/my_cancel.c \
	driver/native/my_compat.h \
	driver/native/my_error.def \
	driver/native/my_fault.c \
	driver/native/my_job.c \
	driver/native/my_open.c \
	driver/native/my_packet.c \
	driver/native/my_packet.h \
	driver/native/my_priv.h \
	driver/native/my_result.c \
	driver/native/my_rows.c \
	driver/native/my_send.c \
	driver/native/my_sets.c \
	driver/native/my_setup.c \
	driver/native/my_state.c \
	driver/native/my_tls.c \
	driver/native/my_track.c \
	driver/native/my_type.c \
	driver/native/my_wire.c
cluster_sources = \
	driver/cluster/answer.c \
	driver/cluster/ask.c \
	driver/cluster/ask_priv.h \
	driver/cluster/calm.c \
	driver/cluster/cluster.c \
	driver/cluster/cluster.h \
	driver/cluster/cluster_priv.h \
	driver/cluster/dial.c \
	driver/cluster/dialect.c \
	driver/cluster/dialect_my.c \
	driver/cluster/dialect_pg.c \
	driver/cluster/dialect_priv.h \
	driver/cluster/guest.c \
	driver/cluster/health.c \
	driver/cluster/health_host.c \
	driver/cluster/health_priv.h \
	driver/cluster/hostname.c \
	driver/cluster/learn.c \
	driver/cluster/lookup.c \
	driver/cluster/monitor.c \
	driver/cluster/probe.c \
	driver/cluster/probe_priv.h \
	driver/cluster/publish.c \
	driver/cluster/search.c \
	driver/cluster/topology.c \
	driver/cluster/topology_priv.h \
	driver/cluster/turn.c \
	driver/cluster/watch.c \
	driver/cluster/watch_priv.h
pipeline_sources = \
	driver/pipeline/aside.c \
	driver/pipeline/batch.c \
	driver/pipeline/conn.c \
	driver/pipeline/conn.h \
	driver/pipeline/conn_priv.h \
	driver/pipeline/cursor.c \
	driver/pipeline/execute.c \
	driver/pipeline/facts.c \
	driver/pipeline/failover.h \
	driver/pipeline/failover_ahead.c \
	driver/pipeline/failover_machine.c \
	driver/pipeline/failover_priv.h \
	driver/pipeline/failover_run.c \
	driver/pipeline/family.c \
	driver/pipeline/family.h \
	driver/pipeline/outcome.c \
	driver/pipeline/outcome.h \
	driver/pipeline/plugin.c \
	driver/pipeline/plugin.def \
	driver/pipeline/plugin.h \
	driver/pipeline/plugin_connection_tracker.c \
	driver/pipeline/plugin_failover.c \
	driver/pipeline/plugin_host_monitoring.c \
	driver/pipeline/plugin_log.c \
	driver/pipeline/plugin_native.c \
	driver/pipeline/prepared.c \
	driver/pipeline/replay.c \
	driver/pipeline/scan.c \
	driver/pipeline/scan.h \
	driver/pipeline/scan_alone.c \
	driver/pipeline/scan_classify.c \
	driver/pipeline/scan_keep.c \
	driver/pipeline/scan_plain.c \
	driver/pipeline/scan_priv.h \
	driver/pipeline/scan_walk.c \
	driver/pipeline/scan_word.def \
	driver/pipeline/session.c \
	driver/pipeline/session_my.c \
	driver/pipeline/session_note.c \
	driver/pipeline/session_pg.c \
	driver/pipeline/session_priv.h \
	driver/pipeline/session_restore.c \
	driver/pipeline/txn.c \
	driver/pipeline/undo.c \
	driver/pipeline/whole.c \
	driver/pipeline/wire.c
convert_sources = \
	driver/convert/binary.c \
	driver/convert/charset.c \
	driver/convert/charset.h \
	driver/convert/convert.c \
	driver/convert/convert.h \
	driver/convert/convert_priv.h \
	driver/convert/ctype.def \
	driver/convert/deliver.c \
	driver/convert/guid.c \
	driver/convert/moment.c \
	driver/convert/number.c \
	driver/convert/param.c \
	driver/convert/param_priv.h \
	driver/convert/pick.c \
	driver/convert/quick.c \
	driver/convert/result.def \
	driver/convert/send.c \
	driver/convert/span.c \
	driver/convert/span_priv.h \
	driver/convert/span_read.c \
	driver/convert/sqltype.def \
	driver/convert/to_c.c \
	driver/convert/to_c_priv.h
core_sources = \
	driver/core/attr.c \
	driver/core/attr.def \
	driver/core/backend.h \
	driver/core/bookmark.c \
	driver/core/catalog.c \
	driver/core/catalog_more.c \
	driver/core/catalog_priv.h \
	driver/core/catalog_result.c \
	driver/core/changed.c \
	driver/core/connect.c \
	driver/core/core.h \
	driver/core/core_priv.h \
	driver/core/current_of.c \
	driver/core/dae.c \
	driver/core/desc.c \
	driver/core/desc_field.def \
	driver/core/desc_type.c \
	driver/core/diag.c \
	driver/core/dynamic.c \
	driver/core/dynamic.def \
	driver/core/execute.c \
	driver/core/fetch.c \
	driver/core/function.def \
	driver/core/handle.c \
	driver/core/holdfast.h \
	driver/core/info.c \
	driver/core/info.def \
	driver/core/origin.c \
	driver/core/own.c \
	driver/core/own.def \
	driver/core/param.c \
	driver/core/position.c \
	driver/core/position.h \
	driver/core/position_row.c \
	driver/core/result.c \
	driver/core/scroll.c \
	driver/core/set_pos.c \
	driver/core/sql_text.c \
	driver/core/state.def \
	driver/core/type.c \
	driver/core/type.def \
	driver/core/type_info.c
core_pg_sources = \
	driver/core/backend_pg.c \
	driver/core/catalog_pg.c \
	driver/core/escape_pg.def \
	driver/core/info_pg.def \
	driver/core/procedure_pg.c \
	driver/core/type_info_pg.def
core_my_sources = \
	driver/core/backend_my.c \
	driver/core/catalog_my.c \
	driver/core/escape_my.def \
	driver/core/info_my.def \
	driver/core/type_info_my.def
api_sources = \
	driver/api/api_attr.c \
	driver/api/api_catalog.c \
	driver/api/api_connect.c \
	driver/api/api_desc.c \
	driver/api/api_diag.c \
	driver/api/api_execute.c \
	driver/api/api_fetch.c \
	driver/api/api_handle.c \
	driver/api/api_info.c \
	driver/api/api_priv.h \
	driver/api/api_text.c
unit_sources = \
	test/unit/my_session.h \
	test/unit/native_session.h \
	test/unit/pipeline_world.h \
	test/unit/test_base_log.cc \
	test/unit/test_base_option.cc \
	test/unit/test_base_resolve.cc \
	test/unit/test_base_text.cc \
	test/unit/test_base_utf.cc \
	test/unit/test_base_wait.cc \
	test/unit/test_cluster_dialect.cc \
	test/unit/test_cluster_health.cc \
	test/unit/test_cluster_hostname.cc \
	test/unit/test_cluster_monitor.cc \
	test/unit/test_cluster_topology.cc \
	test/unit/test_cluster_turn.cc \
	test/unit/test_convert_binary.cc \
	test/unit/test_convert_charset.cc \
	test/unit/test_convert_fixed.cc \
	test/unit/test_convert_param.cc \
	test/unit/test_convert_text.cc \
	test/unit/test_core_catalog.cc \
	test/unit/test_core_info.cc \
	test/unit/test_core_sql_text.cc \
	test/unit/test_core_types.cc \
	test/unit/test_native_fake.cc \
	test/unit/test_native_spool.cc \
	test/unit/test_native_sqlstate.cc \
	test/unit/test_pipeline_conn.cc \
	test/unit/test_pipeline_failover.cc \
	test/unit/test_pipeline_machine.cc \
	test/unit/test_pipeline_monitoring.cc \
	test/unit/test_pipeline_outcome.cc \
	test/unit/test_pipeline_scan.cc \
	test/unit/test_pipeline_session.cc \
	test/unit/test_pipeline_tracker.cc \
	test/unit/test_pipeline_undo.cc
fake_sources = \
	test/fake/fake.c \
	test/fake/fake.h \
	test/fake/fake_native.c \
	test/fake/fake_priv.h \
	test/fake/fake_run.c
driver_test_sources = \
	test/unit/test_driver_facts.cc \
	test/unit/test_driver_fake.cc \
	test/unit/test_driver_log.cc \
	test/unit/test_driver_memory.cc \
	test/unit/test_driver_world.h
native_pg_programs = \
	native_pg_tests
native_pg_tests_SOURCES = \
	test/unit/test_native_pg.cc
native_pg_tests_CPPFLAGS = $(test_cppflags)
native_pg_tests_LDADD = $(LDADD) $(GTEST_LIBS)
native_my_programs = \
	native_my_tests
native_my_tests_SOURCES = \
	test/unit/test_native_my.cc \
	test/unit/test_native_mysql.cc
native_my_tests_CPPFLAGS = $(test_cppflags)
native_my_tests_LDADD = $(my_libs) $(GTEST_LIBS)
unit_my_programs = \
	unit_my_tests
unit_my_tests_SOURCES = \
	test/unit/test_my_core.cc \
	test/unit/test_my_packet.cc
unit_my_tests_CPPFLAGS = $(test_cppflags)
unit_my_tests_LDADD = $(my_libs) $(GTEST_LIBS)
doc_programs = \
	doc/fo_draw \
	doc/gen_options
fuzz_programs = \
	test/fuzz/fuzz_connstr \
	test/fuzz/fuzz_convert
test_fuzz_fuzz_connstr_SOURCES = \
	test/fuzz/fuzz_connstr.c \
	test/fuzz/main.c
test_fuzz_fuzz_convert_SOURCES = \
	test/fuzz/fuzz_convert.c \
	test/fuzz/main.c
doc_pages = \
	README.md \
	NEWS.md \
	LICENSE \
	doc/ARCHITECTURE.md \
	doc/FAILOVER.md \
	doc/OPTIONS.md \
	doc/TESTING.md \
	doc/USING.md
extra_files = \
	demo \
	.ci/run \
	.clang-format \
	.editorconfig \
	build-aux/setup.sh \
	doc/fo_draw.c \
	doc/gen_options.c \
	odbcinst/odbcinst.ini.in \
	test/bench/bare.h \
	test/bench/bare_my.c \
	test/bench/bare_pg.c \
	test/bench/failover.py \
	test/bench/herd.c \
	test/bench/herd.py \
	test/bench/run \
	test/bench/silence.py \
	test/bench/speed.c \
	test/bench/speed.h \
	test/bench/speed.py \
	test/bench/speed_rows.c \
	test/clients/dbd_odbc.pl \
	test/clients/isql.sh \
	test/clients/my.php \
	test/clients/my.pl \
	test/clients/my.py \
	test/clients/my.sh \
	test/clients/odbc.php \
	test/clients/pool.c \
	test/clients/pyodbc_client.py \
	test/clients/run \
	test/cluster/app.cc \
	test/cluster/app.h \
	test/cluster/leaver.cc \
	test/cluster/run \
	test/cluster/speech.cc \
	test/cluster/test_aurora.cc \
	test/cluster/test_cut.cc \
	test/cluster/test_disk.cc \
	test/cluster/test_exit.cc \
	test/cluster/test_facts.cc \
	test/cluster/test_failover.cc \
	test/cluster/test_fault.cc \
	test/cluster/test_forgotten.cc \
	test/cluster/test_health.cc \
	test/cluster/test_outcome.cc \
	test/cluster/test_process.cc \
	test/cluster/test_topology.cc \
	test/cluster/test_tracker.cc \
	test/demo/client.c \
	test/demo/client.h \
	test/demo/draw.py \
	test/demo/run \
	test/demo/show.py \
	test/demo/stage.py \
	test/demo/writer.c \
	test/env.sh \
	test/fuzz/run \
	test/fuzz/seeds/connstr \
	test/install/run \
	test/lab/README.md \
	test/lab/aurora_my.py \
	test/lab/cluster.py \
	test/lab/dialect_my.py \
	test/lab/dialect_mysql.py \
	test/lab/dialect_pg.py \
	test/lab/disks.py \
	test/lab/faults.py \
	test/lab/floor_my.c \
	test/lab/floor_pg.c \
	test/lab/lab.py \
	test/lab/mariadb \
	test/lab/mysql \
	test/lab/pg \
	test/lab/proxy.py \
	test/lab/sequences.sql \
	test/lab/server.py \
	test/lab/server_my.py \
	test/lab/server_mysql.py \
	test/lab/server_pg.py \
	test/lab/sid \
	test/lab/wire.py \
	test/lab/wire_my.py \
	test/lab/wire_pg.py \
	test/lab/world.py \
	test/lint/calls \
	test/lint/common.py \
	test/lint/docs \
	test/lint/exports \
	test/lint/format \
	test/lint/layers \
	test/lint/run \
	test/lint/sizes \
	test/lint/sources \
	test/lint/words \
	test/lsan.supp \
	test/my \
	test/odbc/attr.cc \
	test/odbc/bad_input.cc \
	test/odbc/cancel_timeout.cc \
	test/odbc/catalog.cc \
	test/odbc/catalog_more.cc \
	test/odbc/connect.cc \
	test/odbc/current_of.cc \
	test/odbc/dae.cc \
	test/odbc/desc.cc \
	test/odbc/diag.cc \
	test/odbc/dialect.cc \
	test/odbc/execute.cc \
	test/odbc/fetch.cc \
	test/odbc/getdata.cc \
	test/odbc/info.cc \
	test/odbc/mysql.cc \
	test/odbc/mysql_forgotten.cc \
	test/odbc/mysql_packets.cc \
	test/odbc/mysql_sets.cc \
	test/odbc/mysql_stale.cc \
	test/odbc/mysql_types.cc \
	test/odbc/odbc_test.cc \
	test/odbc/odbc_test.h \
	test/odbc/only.mariadb \
	test/odbc/only.my \
	test/odbc/only.pg \
	test/odbc/params.cc \
	test/odbc/reset.cc \
	test/odbc/results.cc \
	test/odbc/run \
	test/odbc/scroll.cc \
	test/odbc/set_pos.cc \
	test/odbc/set_pos.h \
	test/odbc/set_pos_given.cc \
	test/odbc/set_pos_rows.cc \
	test/odbc/streaming.cc \
	test/odbc/threads.cc \
	test/odbc/types.cc \
	test/odbc/undo.cc \
	test/odbc/unicode.cc \
	test/pg \
	test/run_gtest \
	test/torture/judge.py \
	test/torture/link.cc \
	test/torture/main.cc \
	test/torture/plan.py \
	test/torture/pool.cc \
	test/torture/readers.cc \
	test/torture/report.py \
	test/torture/run \
	test/torture/storm.py \
	test/torture/torture.py \
	test/torture/work.h \
	test/torture/worker.cc \
	test/torture/writers.cc \
	test/tsan.supp \
	test/valgrind/run
