// SPDX-License-Identifier: Apache-2.0
// What Boost.Process v2 of 1.81 uses with BOOST_PROCESS_USE_STD_FS but doesn't include. Comes before its headers.
#pragma once

#include <boost/asio/detail/throw_error.hpp>
#include <boost/optional.hpp>
#include <boost/type_traits.hpp>
