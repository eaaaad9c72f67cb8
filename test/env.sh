#!/usr/bin/env bash
# The surroundings a test of the built module needs; nothing of the system's configuration is used.
#
#   . test/env.sh; hf_env BUILD    exports ODBCSYSINI, ODBCINI, HF_BUILD, HF_TMP and the sanitizers'
#                                  options; a new folder HF_TMP holds odbcinst.ini with the drivers
#                                  "Holdfast PostgreSQL" and "Holdfast MySQL" of that build and an
#                                  empty odbc.ini. It is removed when the shell ends (a trap; a script with an EXIT trap of
#                                  its own calls hf_env_end in it).
#   hf_run COMMAND...              runs a program that loads the module through the driver manager.
#                                  Under a sanitizer its library must come first, so it is preloaded:
#                                  into this command only, not into every sed and psql of a test.
#                                  Interpreters leak by themselves: leaks are looked for under other
#                                  programs only. A program built with the sanitizer needs no hf_run.
#   hf_compile PROGRAM HEADERS FLAGS LIBRARIES SOURCE...   builds what has changed of a test's program
#   test/env.sh BUILD COMMAND...   both at once:  test/env.sh build-asan isql -v -k "Driver=..."
# shellcheck shell=bash

HF_TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# hf_sanitize BUILD: HF_SANITIZE (address,undefined; thread; empty), HF_PRELOAD and the options; and
# HF_CXX, the words that compile and link a program for that build.
hf_sanitize()
{
    HF_BUILD=$(cd "$1" && pwd) || return 1
    HF_SANITIZE=$(sed -n 's/^SANITIZE = //p' "$HF_BUILD/Makefile") HF_PRELOAD=
    HF_CXX=g++
    case $(sed -n 's/^LDFLAGS = //p' "$HF_BUILD/Makefile") in
    *--dynamic-linker=*)
        HF_CXX="$HF_TOP/test/lab/sid run g++ $(sed -n 's/^LDFLAGS = //p' "$HF_BUILD/Makefile")"
        ;;
    esac
    case $HF_SANITIZE in
    *address*) HF_PRELOAD=$(realpath "$(gcc -print-file-name=libasan.so)") ;;
    *thread*) HF_PRELOAD=$(realpath "$(gcc -print-file-name=libtsan.so)") ;;
    *undefined*) HF_PRELOAD=$(realpath "$(gcc -print-file-name=libubsan.so)") ;;
    esac
    export HF_BUILD HF_SANITIZE HF_PRELOAD HF_TOP HF_CXX
    export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1:detect_stack_use_after_return=1:exitcode=99}
    export LSAN_OPTIONS=${LSAN_OPTIONS:-suppressions=$HF_TOP/test/lsan.supp:print_suppressions=0}
    export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1:halt_on_error=1}
    export TSAN_OPTIONS=${TSAN_OPTIONS:-suppressions=$HF_TOP/test/tsan.supp:exitcode=99:second_deadlock_stack=1}
}

hf_env()
{
    hf_sanitize "$1" || return 1
    HF_TMP=$(mktemp -d "${TMPDIR:-/tmp}/holdfast-test.XXXXXX") || return 1
    [ -n "$(trap -p EXIT)" ] || trap hf_env_end EXIT
    chmod 755 "$HF_TMP"
    {
        printf '[Holdfast %s]\nDriver=%s\nThreading=0\n' \
            PostgreSQL "$HF_BUILD/.libs/libholdfastpg.so" MySQL "$HF_BUILD/.libs/libholdfastmy.so"
        # The drivers to compare with, where they are installed.
        for other in /usr/lib/*/odbc/psqlodbcw.so; do
            [ ! -e "$other" ] || printf '[PostgreSQL Unicode]\nDriver=%s\n' "$other"
        done
        for other in /usr/lib/*/odbc/libmaodbc.so; do
            [ ! -e "$other" ] || printf '[MariaDB Unicode]\nDriver=%s\n' "$other"
        done
        printf '[ODBC]\nPooling=No\n'
    } >"$HF_TMP/odbcinst.ini"
    : >"$HF_TMP/odbc.ini"
    export HF_TMP ODBCSYSINI=$HF_TMP ODBCINSTINI=odbcinst.ini ODBCINI=$HF_TMP/odbc.ini
    unset PGHOST PGHOSTADDR PGPORT PGUSER PGDATABASE PGPASSWORD PGSERVICE PGOPTIONS PGSSLMODE
    unset HOLDFAST_LOG HOLDFAST_LOG_FILE
}

# Each source is an object of its own beside the program, made again when it or a header is newer, or
# the compiler or its flags are others; as many at once as there are processors.
hf_compile_one()
{
    # shellcheck disable=SC2086
    $HF_CXX $HF_CXX_FLAGS -c -o "$HF_OBJECTS/$(basename "$1" .cc).o" "$1"
}
hf_compile()
{
    local program=$1 headers=$2 libraries=$4 source object wanted
    local stale=() objects=()
    export -f hf_compile_one
    export HF_CXX_FLAGS=$3 HF_OBJECTS=$program.objects
    shift 4
    mkdir -p "$HF_OBJECTS"
    wanted="$HF_CXX_FLAGS $HF_CXX $($HF_CXX -dumpfullversion)"
    [ "$(cat "$HF_OBJECTS/flags" 2>/dev/null)" = "$wanted" ] || {
        rm -f "$HF_OBJECTS"/*.o
        printf '%s\n' "$wanted" >"$HF_OBJECTS/flags"
    }
    for source; do
        object=$HF_OBJECTS/$(basename "$source" .cc).o
        objects+=("$object")
        # shellcheck disable=SC2086
        [ -e "$object" ] && [ -z "$(find "$source" $headers -newer "$object")" ] ||
            stale+=("$source")
    done
    [ ${#stale[@]} -gt 0 ] || [ ! -x "$program" ] || return 0
    printf '%s\0' ${stale[@]+"${stale[@]}"} |
        xargs -r -0 -n 1 -P "$(nproc)" bash -c 'hf_compile_one "$1"' _ || return 1
    # shellcheck disable=SC2086
    $HF_CXX $HF_CXX_FLAGS -o "$program" "${objects[@]}" $libraries
}

hf_env_end()
{
    [ -z "${HF_TMP-}" ] || rm -rf "$HF_TMP"
}

hf_run()
{
    local options=$ASAN_OPTIONS
    case ${1##*/} in
    python3* | perl | php* | bash | sh) options=$options:detect_leaks=0 ;;
    esac
    LD_PRELOAD=$HF_PRELOAD${LD_PRELOAD:+:$LD_PRELOAD} ASAN_OPTIONS=$options "$@"
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
    [ $# -ge 2 ] || { sed -n '2,/^# shellcheck/s/^#\( \|$\)//p' "$0" | sed '$d' && exit 2; }
    hf_env "$1" || exit 1
    shift
    hf_run "$@"
fi
