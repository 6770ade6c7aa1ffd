// SPDX-License-Identifier: Apache-2.0
// Boost.JSON's own code, compiled here once.
#include <boost/json/src.hpp>
