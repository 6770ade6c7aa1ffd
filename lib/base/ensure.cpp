// SPDX-License-Identifier: Apache-2.0
#include "base/ensure.hpp"
#include "base/result.hpp"

#include <cstdlib>
#include <fmt/core.h>
#include <stdexcept>

namespace hearth {

void impossible(std::string_view what, std::source_location where) {
    fmt::print(stderr, "<0>impossible state: {} ({}:{})\n", what, where.file_name(), where.line());
    std::abort();
}

void throw_exception_from_error(const Complaint& complaint, const boost::source_location&) {
    throw std::runtime_error(complaint.text);
}

} // namespace hearth
