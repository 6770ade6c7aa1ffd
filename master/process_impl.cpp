// SPDX-License-Identifier: Apache-2.0
// The one translation unit that compiles Boost.Process' own code (BOOST_PROCESS_V2_SEPARATE_COMPILATION).
#include "process_v2.hpp"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wshadow"
#include <boost/process/v2/src.hpp>
#pragma GCC diagnostic pop
