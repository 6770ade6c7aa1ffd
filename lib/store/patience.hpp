// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/clock.hpp"
#include "store/error.hpp"

#include <chrono>
#include <thread>
#include <type_traits>

namespace hearth::store {

/// For who may block, as a worker may not (imap/patience.hpp): calls `call` (a Result<T> of the store) until it has an
/// answer. Error::unfinished is asked again at once; Error::busy each millisecond, for up to `wait_max`, and is then
/// the answer.
template <class Call>
std::invoke_result_t<Call&> patiently(Call call, std::chrono::seconds wait_max = std::chrono::minutes(1)) {
    const auto deadline = Clock::now() + wait_max;
    for (;;) {
        auto result = call();
        if (result) return result;
        if (result.error() == make_error_code(Error::unfinished)) continue;
        if (result.error() != make_error_code(Error::busy) || Clock::now() > deadline) return result;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
}

} // namespace hearth::store
