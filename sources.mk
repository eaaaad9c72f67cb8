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
	driver/native/native.h \
	driver/native/spool.h
native_pg_sources = \
	driver/native/pg_cancel.c \
	driver/native/pg_fault.c \
	driver/native/pg_open.c \
	driver/native/pg_priv.h \
	driver/native/pg_wire.c
native_my_sources =
cluster_sources = \
	driver/cluster/answer.c \
	driver/cluster/ask.c \
	driver/cluster/ask_priv.h \
	driver/cluster/cluster.h \
	driver/cluster/dialect.c \
	driver/cluster/dialect_priv.h \
	driver/cluster/hostname.c \
	driver/cluster/topology.c \
	driver/cluster/topology_priv.h
pipeline_sources = \
	driver/pipeline/conn.h \
	driver/pipeline/failover.h \
	driver/pipeline/outcome.h \
	driver/pipeline/plugin.h \
	driver/pipeline/scan.h
convert_sources = \
	driver/convert/charset.h \
	driver/convert/convert.h \
	driver/convert/convert_priv.h \
	driver/convert/ctype.def \
	driver/convert/deliver.c \
	driver/convert/moment.c \
	driver/convert/number.c \
	driver/convert/result.def \
	driver/convert/sqltype.def
core_sources = \
	driver/core/attr.c \
	driver/core/attr.def \
	driver/core/core.h \
	driver/core/core_priv.h \
	driver/core/diag.c \
	driver/core/handle.c
api_sources =
unit_sources = \
	test/unit/test_base_log.cc \
	test/unit/test_base_option.cc \
	test/unit/test_base_resolve.cc \
	test/unit/test_base_text.cc \
	test/unit/test_base_utf.cc \
	test/unit/test_base_wait.cc
fake_sources =
native_pg_programs =
native_my_programs =
doc_programs = \
	doc/gen_options
fuzz_programs =
doc_pages = \
	NEWS.md \
	LICENSE \
	doc/OPTIONS.md
extra_files = \
	.ci/run \
	.clang-format \
	.editorconfig \
	build-aux/setup.sh \
	doc/gen_options.c \
	odbcinst/odbcinst.ini.in \
	test/fuzz/fuzz_connstr.c \
	test/lab/cluster.py \
	test/lab/dialect.py \
	test/lab/faults.py \
	test/lab/floor.c \
	test/lab/pg \
	test/lab/wire.py \
	test/lab/world.py \
	test/lint/calls \
	test/lint/common.py \
	test/lint/docs \
	test/lint/exports \
	test/lint/format \
	test/lint/layers \
	test/lint/run \
	test/lint/sizes \
	test/lint/words
