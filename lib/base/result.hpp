// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>
#include <string>

namespace hearth {

using boost::system::error_code;

/// A value, or the error_code that says why there is none. For what the kernel or a peer did.
template <class T>
using Result = boost::system::result<T>;

/// A value, or a sentence for a person that says what is wrong and what to do. For what an administrator wrote.
struct Complaint {
    std::string text;
};
template <class T>
using Checked = boost::system::result<T, Complaint>;

/// The error_code of the current errno.
inline error_code last_error() {
    return {errno, boost::system::system_category()};
}

/// Lets `Checked<T>::value()` throw the sentence itself.
[[noreturn]] void throw_exception_from_error(const Complaint& complaint, const boost::source_location&);

} // namespace hearth
