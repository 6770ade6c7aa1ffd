// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/unique_fd.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>

namespace hearth::master {

/// Watches shared listeners on which nobody accepts yet: one descriptor for each watched service.
class ListenerWatch {
public:
    using Handler = std::function<void(const std::string& service)>;
    ListenerWatch(boost::asio::any_io_executor executor, Handler handler);
    ~ListenerWatch();

    /// Calls the handler when somebody waits on `listener`, and again after a pause while he still does.
    void start(const std::string& service, int listener);
    void stop(const std::string& service);

private:
    struct Watch;
    void wait(const std::shared_ptr<Watch>& watch);

    boost::asio::any_io_executor executor_;
    Handler handler_;
    std::map<std::string, std::shared_ptr<Watch>> watches_;
};

} // namespace hearth::master
