// SPDX-License-Identifier: Apache-2.0
#include "listener_watch.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

namespace hearth::master {
namespace {

// A backlog stays readable until a worker accepts; without a pause the master would spin meanwhile.
constexpr auto pause = std::chrono::milliseconds(20);

} // namespace

struct ListenerWatch::Watch {
    Watch(const boost::asio::any_io_executor& executor, std::string name, UniqueFd fd)
        : service(std::move(name)), listener(executor, fd.release()), timer(executor) {}
    std::string service;
    boost::asio::posix::stream_descriptor listener;
    boost::asio::steady_timer timer;
};

ListenerWatch::ListenerWatch(boost::asio::any_io_executor executor, Handler handler)
    : executor_(std::move(executor)), handler_(std::move(handler)) {}
ListenerWatch::~ListenerWatch() = default;

void ListenerWatch::start(const std::string& service, int listener) {
    auto fd = duplicate(listener);
    if (!fd) return;
    auto watch = std::make_shared<Watch>(executor_, service, std::move(fd));
    watches_[service] = watch;
    wait(watch);
}

void ListenerWatch::stop(const std::string& service) {
    watches_.erase(service);
}

void ListenerWatch::wait(const std::shared_ptr<Watch>& watch) {
    const std::weak_ptr<Watch> weak = watch;
    watch->listener.async_wait(boost::asio::posix::stream_descriptor::wait_read, [this, weak](error_code failure) {
        const auto live = weak.lock();
        if (failure || !live) return;
        handler_(std::string(live->service)); // may stop this watch
        live->timer.expires_after(pause);
        live->timer.async_wait([this, weak](error_code cancelled) {
            if (const auto still = weak.lock(); still && !cancelled) wait(still);
        });
    });
}

} // namespace hearth::master
