// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "base/unique_fd.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <memory>
#include <string>
#include <string_view>

namespace hearth::master {

class Supervisor;

/// The administrator's socket base_dir/master (docs/protocol/admin.md): a JSON object per line in, some per line out,
/// the last one `{"end":true}` or `{"error":"..."}`. The supervisor outlives it.
class Admin {
public:
    static constexpr std::size_t connections_max = 32;
    static constexpr std::size_t request_bytes_max = 4096;

    Admin(boost::asio::any_io_executor executor, Supervisor& supervisor);
    Result<void> open(const std::string& path);

private:
    boost::asio::awaitable<void> accept();
    boost::asio::awaitable<void> serve(UniqueFd connection);
    std::string answer(std::string_view request);

    boost::asio::any_io_executor executor_;
    Supervisor& supervisor_;
    boost::asio::posix::stream_descriptor listener_;
    std::shared_ptr<std::size_t> connections_ = std::make_shared<std::size_t>(0); // connections may outlive us at the end
};

} // namespace hearth::master
