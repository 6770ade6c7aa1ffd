// SPDX-License-Identifier: Apache-2.0
// The master's ends of the zygotes' links (protocol/zygote.hpp): one descriptor per zygote, none per worker.
#pragma once

#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "protocol/zygote.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <sys/types.h>

namespace hearth::master {

/// Must outlive the io_context's run().
class ZygoteLinks {
public:
    static constexpr int answers_per_turn = 64;
    using Handler = std::function<void(pid_t zygote, const protocol::zygote::Answer&)>;

    ZygoteLinks(boost::asio::any_io_executor executor, Handler handler);

    void add(pid_t zygote, UniqueFd link);
    void close(pid_t zygote) { links_.erase(zygote); }
    /// Never waits: EAGAIN when the zygote reads nothing.
    Result<void> ask(pid_t zygote, const protocol::zygote::Order& order, std::span<const int> fds);
    /// Handles what waits now: an answer counts before the death of the worker that it is about.
    void drain();

private:
    using Link = boost::asio::posix::stream_descriptor;
    void wait(pid_t zygote, const std::shared_ptr<Link>& link);
    /// False: the link has ended.
    bool receive(pid_t zygote, const std::shared_ptr<Link>& link);

    boost::asio::any_io_executor executor_;
    Handler handler_;
    std::map<pid_t, std::shared_ptr<Link>> links_;
};

} // namespace hearth::master
