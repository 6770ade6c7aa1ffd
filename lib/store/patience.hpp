// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/clock.hpp"
#include "store/error.hpp"

#include <chrono>
#include <thread>
#include <type_traits>

namespace hearth::store {

/// For who may block, as a worker may not (imap/patience.hpp): calls `call` (a Result<T> of the store) until it has an
/// answer. Error::unfinished is asked again at once, for up to `work_max`; Error::busy each millisecond, for up to
/// `busy_max`; both from now on. Then that is the answer.
template <class Call>
std::invoke_result_t<Call&> patiently(
    Call call, Clock::duration busy_max = std::chrono::minutes(1), Clock::duration work_max = std::chrono::minutes(1)) {
    const auto began = Clock::now();
    for (;;) {
        auto result = call();
        if (result) return result;
        const bool busy = result.error() == make_error_code(Error::busy);
        if (!busy && result.error() != make_error_code(Error::unfinished)) return result;
        if (Clock::now() - began > (busy ? busy_max : work_max)) return result;
        if (busy) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
}

} // namespace hearth::store
