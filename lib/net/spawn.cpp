// SPDX-License-Identifier: Apache-2.0
#include "net/spawn.hpp"
#include "log/log.hpp"

#include <boost/asio/co_spawn.hpp>

namespace hearth::net {

void spawn(boost::asio::any_io_executor executor, boost::asio::awaitable<void> work, std::string what) {
    auto completed = [what = std::move(what)](std::exception_ptr escaped) {
        if (!escaped) return;
        try {
            std::rethrow_exception(escaped);
        } catch (const std::exception& error) {
            log::error("{}: {}", what, error.what());
        }
    };
    boost::asio::co_spawn(std::move(executor), std::move(work), std::move(completed));
}

} // namespace hearth::net
