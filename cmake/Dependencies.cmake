# Every library that Hearth links, in one place. `Makefile` names the Debian packages they come from.
find_package(Threads REQUIRED)
find_package(OpenSSL 3.0 REQUIRED COMPONENTS Crypto SSL)
find_package(fmt 9 REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(gmime REQUIRED IMPORTED_TARGET gmime-3.0)
# The flags in GMime's pkg-config file (-pthread -D_LARGEFILE64_SOURCE) would make GCC refuse the precompiled header that
# all targets share; Threads::Threads and _GNU_SOURCE cover both.
set_target_properties(PkgConfig::gmime PROPERTIES INTERFACE_COMPILE_OPTIONS "")
pkg_check_modules(sqlite REQUIRED IMPORTED_TARGET sqlite3)
pkg_check_modules(zlib REQUIRED IMPORTED_TARGET zlib)
pkg_check_modules(zstd REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(crypt REQUIRED IMPORTED_TARGET libcrypt)
pkg_check_modules(argon2 REQUIRED IMPORTED_TARGET libargon2)
pkg_check_modules(systemd REQUIRED IMPORTED_TARGET libsystemd)
find_path(DOCTEST_INCLUDE doctest/doctest.h REQUIRED)
find_path(CLI11_INCLUDE CLI/CLI.hpp REQUIRED)
