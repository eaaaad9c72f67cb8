# Sourced by ./check and ./demo: the Debian packages they need, and the build.
# shellcheck shell=bash

hf_packages=(
    # build
    autoconf automake libtool pkg-config gcc g++ make
    unixodbc unixodbc-dev odbcinst libpq-dev libmariadb-dev
    # tests
    libgtest-dev postgresql postgresql-client odbc-postgresql mariadb-server odbc-mariadb
    python3 python3-pyodbc libdbd-odbc-perl php-cli php-odbc
    valgrind universal-ctags clang-format
    iproute2 nftables util-linux openssl locales debootstrap
)

# hf_missing [PACKAGE...]: those that are not installed, one a line (default: all of the list).
hf_missing()
{
    local want
    [ $# -gt 0 ] || set -- "${hf_packages[@]}"
    # A virtual or multi-arch name is asked for one by one only when the quick answer is not full.
    want=$(dpkg-query -W -f='${Package} ${db:Status-Status}\n' "$@" 2>/dev/null |
        sed -n 's/ installed$//p') || true
    printf '%s\n' "$@" | grep -vxF -e "$want" || true
}

# hf_install [PACKAGE...]: installs what is missing, and only then asks for root.
hf_install()
{
    local missing root=()
    command -v dpkg-query >/dev/null || {
        echo "not a Debian system: have ready what these packages hold: ${hf_packages[*]}" >&2
        return 0
    }
    mapfile -t missing < <(hf_missing "$@")
    [ ${#missing[@]} -gt 0 ] || return 0
    echo "installing: ${missing[*]}"
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || {
            echo "run as root: apt-get install ${missing[*]}" >&2
            return 1
        }
        root=(sudo)
    fi
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -qq >/dev/null || true
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null || {
        echo "could not install: ${missing[*]}" >&2
        return 1
    }
}

# The words before configure and make: of a build that is made inside a root of another suite.
hf_inside=()

# hf_configure FOLDER [OPTION...]: a configured build folder; quick when it is one already. Run in
# the top of the source.
hf_configure()
{
    local top=$PWD build=$1
    shift
    if [ ! -e configure ] || [ ! -e Makefile.in ] || [ configure.ac -nt configure ] ||
        [ Makefile.am -nt Makefile.in ] || [ sources.mk -nt Makefile.in ]; then
        autoreconf -i || return 1
    fi
    mkdir -p "$build"
    if [ ! -e "$build/Makefile" ] || [ "$(cat "$build/.options" 2>/dev/null)" != "$*" ]; then
        (cd "$build" && "${hf_inside[@]}" "$top/configure" --quiet "$@") || return 1
        printf '%s\n' "$*" >"$build/.options"
    fi
}

# hf_make FOLDER [TARGET...]
hf_make()
{
    local build=$1
    shift
    "${hf_inside[@]}" make -C "$build" -s -j"$(nproc)" --no-print-directory "$@"
}
