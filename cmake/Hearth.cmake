# How our code is compiled, and the three shapes a target has here: library, program, test.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g1")

find_program(CCACHE ccache)
if(CCACHE)
  # The sloppiness is what ccache needs to work with precompiled headers; with its base another clone finds our objects.
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${CCACHE})
endif()

# One set of code generation flags for libraries and programs alike: a precompiled header is only
# shared between targets that agree on it (-fPIC and -fPIE don't).
add_compile_options(-fPIE -fno-plt $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
add_link_options(-pie)
add_compile_options(-fstack-protector-strong -fcf-protection -Wdate-time)
if(NOT HEARTH_SANITIZE) # FORTIFY's checks and the sanitizers' interceptors are in one another's way
  add_compile_options($<$<CONFIG:Release>:-D_FORTIFY_SOURCE=2>)
endif()
add_link_options(-Wl,-z,relro,-z,now -Wl,-z,noexecstack)
add_compile_definitions(BOOST_ASIO_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED
                        BOOST_PROCESS_V2_SEPARATE_COMPILATION BOOST_PROCESS_USE_STD_FS
                        HEARTH_SKIP_CHECK=${HEARTH_SKIP_CHECK} HEARTH_VERSION="${PROJECT_VERSION}")
if(HEARTH_MUTANTS)
  add_compile_definitions(HEARTH_MUTANTS)
  include_directories(${CMAKE_BINARY_DIR}/mutant)
endif()
if(HEARTH_SANITIZE)
  add_compile_options(-fsanitize=${HEARTH_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${HEARTH_SANITIZE})
  if(HEARTH_SANITIZE STREQUAL "thread") # Asio's fences order nothing that another thread sees here
    add_compile_options($<$<CXX_COMPILER_ID:GNU>:-Wno-tsan>)
  endif()
endif()

# GCC 12 sees overruns and overlaps inside std::string's operator+ that aren't there (PR 105329, 105651).
set(HEARTH_WARNINGS -Wall -Wextra -Wconversion -Wshadow -Wnon-virtual-dtor -Wundef -Werror
                    $<$<CXX_COMPILER_ID:GNU>:-Wno-array-bounds> $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
# And with -O2 a mismatched delete in every coroutine's frame.
list(APPEND HEARTH_WARNINGS "$<$<AND:$<CONFIG:Release>,$<CXX_COMPILER_ID:GNU>>:-Wno-mismatched-new-delete;-Wno-stringop-overflow;-Wno-stringop-overread>")
set(HEARTH_BIN ${CMAKE_BINARY_DIR}/bin)
set(HEARTH_LIBEXEC ${CMAKE_BINARY_DIR}/libexec/hearth)

# What nearly every file includes, precompiled once; files that use Asio have another one, with these and Asio
# (lib/net). A file includes what it needs all the same: it has to compile alone.
set(HEARTH_PRECOMPILED <algorithm> <array> <chrono> <cstdint> <deque> <functional> <map> <memory> <optional> <set> <span>
  <string> <string_view> <unordered_map> <utility> <variant> <vector> <fmt/core.h> <fmt/format.h> <boost/system/result.hpp>)

# hearth_library(NAME [ASIO] SOURCES... [LINK libs...]): a library below lib/, or the <program>_core of a program.
# ASIO: its files use Asio, and share its precompiled header.
function(hearth_library name)
  cmake_parse_arguments(arg "ASIO" "" "LINK" ${ARGN})
  add_library(hearth_${name} STATIC ${arg_UNPARSED_ARGUMENTS})
  target_include_directories(hearth_${name} PUBLIC ${CMAKE_SOURCE_DIR}/lib)
  target_compile_options(hearth_${name} PRIVATE ${HEARTH_WARNINGS})
  target_link_libraries(hearth_${name} PUBLIC ${arg_LINK})
  if(arg_ASIO)
    target_link_libraries(hearth_${name} PUBLIC hearth_asio)
    target_precompile_headers(hearth_${name} REUSE_FROM hearth_asio)
  elseif(name STREQUAL "base")
    target_precompile_headers(hearth_base PRIVATE ${HEARTH_PRECOMPILED})
  else()
    target_precompile_headers(hearth_${name} REUSE_FROM hearth_base)
  endif()
endfunction()

# hearth_program(NAME [ASIO] CORE lib [OUTPUT file] [DIRECTORY dir] SOURCES...): main.cpp and friends beside the core.
function(hearth_program name)
  cmake_parse_arguments(arg "ASIO" "CORE;OUTPUT;DIRECTORY" "" ${ARGN})
  if(NOT arg_OUTPUT)
    set(arg_OUTPUT ${name})
  endif()
  if(NOT arg_DIRECTORY)
    set(arg_DIRECTORY ${HEARTH_LIBEXEC})
  endif()
  add_executable(hearth_program_${name} ${arg_UNPARSED_ARGUMENTS})
  target_compile_options(hearth_program_${name} PRIVATE ${HEARTH_WARNINGS})
  target_link_libraries(hearth_program_${name} PRIVATE ${arg_CORE})
  target_include_directories(hearth_program_${name} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
  if(arg_ASIO)
    target_precompile_headers(hearth_program_${name} REUSE_FROM hearth_asio)
  endif()
  set_target_properties(hearth_program_${name} PROPERTIES
    OUTPUT_NAME ${arg_OUTPUT} RUNTIME_OUTPUT_DIRECTORY ${arg_DIRECTORY})
endfunction()
