// SPDX-License-Identifier: Apache-2.0
// anvil: who is connected where, which workers are idle since when, who waits. No disk, no secrets but the tag's key.
#include "base/text.hpp"
#include "config/snapshot.hpp"
#include "log/log.hpp"
#include "net/spawn.hpp"
#include "process/start.hpp"
#include "protocol/service.hpp"
#include "settings.hpp"
#include "tracker.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <cstring>
#include <stdexcept>

namespace {

using namespace hearth;
namespace asio = boost::asio;
namespace fds = protocol::service;

constexpr auto last_logins_time = std::chrono::seconds(10); // how long logins are served after the master is gone

protocol::Key read_key(process::Start& start) {
    const auto fd = start.descriptor(fds::fd_key);
    protocol::Key key;
    auto bytes = process::read_all(fd.get(), key.size());
    if (bytes.size() != key.size()) throw std::runtime_error("the key of the identity tags is not 32 bytes long");
    std::memcpy(key.data(), bytes.data(), key.size());
    wipe(bytes);
    return key;
}

anvil::Setup take_setup(process::Start& start) {
    const auto settings_fd = start.descriptor(fds::fd_settings);
    const auto settings = config::Snapshot::read(settings_fd.get());
    if (!settings) throw std::runtime_error("settings: " + settings.error().text);
    anvil::Setup setup;
    setup.ledger.key = read_key(start);
    setup.ledger.epoch = start.epoch;
    setup.ledger.userip_limit = anvil::userip_limit(*settings);
    setup.master_pid = start.master_pid;
    setup.report = start.descriptor(fds::fd_report);
    setup.login = start.descriptor("login/anvil");
    setup.master = start.descriptor("anvil-master");
    setup.admin = start.descriptor("anvil-admin");
    return setup;
}

// Ends the process when the master is gone and nobody is left who could ask.
asio::awaitable<void> watch_master(asio::io_context& context, UniqueFd life, anvil::Tracker& tracker) {
    asio::posix::stream_descriptor pipe(context, life.release());
    co_await pipe.async_wait(
        asio::posix::stream_descriptor::wait_read, asio::as_tuple(asio::use_awaitable)); // nobody ever writes: its end
    log::info("the master is gone: serving the logins that are connected, no more logins={}", tracker.login_count());
    tracker.stop_listening();
    tracker.when_no_login_is_left([&context] { context.stop(); });
    asio::steady_timer timer(context, last_logins_time);
    co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    context.stop();
}

} // namespace

int main() {
    try {
        auto start = process::Start::take();
        asio::io_context context(1);
        anvil::Tracker tracker(context.get_executor(), take_setup(start));
        auto life = start.descriptor(fds::fd_life);
        start.give_up_privileges();

        asio::signal_set terminate(context, SIGTERM);
        terminate.async_wait([&](error_code, int) { context.stop(); });
        net::spawn(context.get_executor(), watch_master(context, std::move(life), tracker), "life");
        tracker.start();
        start.say_ready();
        context.run();
        return 0;
    } catch (const std::exception& error) {
        log::error("anvil can't go on: {}", error.what());
        return 1;
    }
}
