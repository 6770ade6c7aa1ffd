// SPDX-License-Identifier: Apache-2.0
#include "authenticator.hpp"
#include "config/snapshot.hpp"
#include "grant_maker.hpp"
#include "log/log.hpp"
#include "process/start.hpp"
#include "protocol/service.hpp"
#include "server.hpp"
#include "settings.hpp"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string.h>
#include <unistd.h>

namespace {

namespace asio = boost::asio;
namespace auth = hearth::auth;
namespace service = hearth::protocol::service;

constexpr auto last_logins_time = std::chrono::seconds(10); // once the master is gone

hearth::protocol::Key read_key(hearth::process::Start& start) {
    hearth::protocol::Key key{};
    auto bytes = hearth::process::read_all(start.descriptor(service::fd_key).get(), key.size());
    if (bytes.size() != key.size()) throw std::runtime_error("the master's key has not 32 bytes");
    std::copy(bytes.begin(), bytes.end(), key.begin());
    ::explicit_bzero(bytes.data(), bytes.size());
    return key;
}

auth::Settings take_settings(hearth::process::Start& start) {
    const auto fd = start.descriptor(service::fd_settings);
    const auto snapshot = hearth::config::Snapshot::read(fd.get());
    if (!snapshot) throw std::runtime_error(snapshot.error().text);
    auto settings = auth::read_settings(*snapshot);
    if (!settings) throw std::runtime_error(settings.error().text);
    return std::move(*settings);
}

auth::Instance instance_of(const hearth::process::Start& start, const auth::Settings& settings) {
    auth::Instance instance;
    instance.managed = start.managed;
    instance.uid = ::geteuid();
    instance.gid = ::getegid();
    instance.first_valid_uid = settings.first_valid_uid;
    instance.last_valid_uid = settings.last_valid_uid;
    instance.first_valid_gid = settings.first_valid_gid;
    instance.last_valid_gid = settings.last_valid_gid;
    return instance;
}

// Why and when this process ends: SIGTERM, an orphaned life pipe, or a successor.
class Ending {
public:
    Ending(asio::io_context& io, auth::Server& server, hearth::UniqueFd life)
        : io_(io),
          server_(server),
          signals_(io, SIGTERM, SIGINT, service::signal_retire()),
          life_(io, life.release()),
          deadline_(io) {
        wait_for_signal();
        life_.async_wait(asio::posix::stream_descriptor::wait_read, [this](boost::system::error_code error) {
            if (!error) master_is_gone();
        });
    }

private:
    void wait_for_signal() {
        signals_.async_wait([this](boost::system::error_code error, int signal) {
            if (error) return;
            if (signal != service::signal_retire()) {
                io_.stop();
                return;
            }
            server_.retire([this] { io_.stop(); });
            wait_for_signal();
        });
    }

    // Only ever readable by its end: nobody writes to it.
    void master_is_gone() {
        hearth::log::warning(
            "the master is gone: serving the logins that are connected for at most {} s", last_logins_time.count());
        deadline_.expires_after(last_logins_time);
        deadline_.async_wait([this](boost::system::error_code error) {
            if (!error) io_.stop();
        });
        server_.retire([this] { io_.stop(); });
    }

    asio::io_context& io_;
    auth::Server& server_;
    asio::signal_set signals_;
    asio::posix::stream_descriptor life_;
    asio::steady_timer deadline_;
};

void run(hearth::process::Start& start) {
    const auto settings = take_settings(start);
    const auth::GrantMaker grants(read_key(start), start.generation);
    auto logins = start.descriptor("login/auth");
    std::optional<hearth::UniqueFd> administrators;
    if (start.has_descriptor("auth-admin")) administrators = start.descriptor("auth-admin");
    auto life = start.descriptor(service::fd_life);
    start.give_up_privileges(); // before the first thread: capabilities belong to threads

    if (settings.debug) hearth::log::enable_debug();
    for (const auto& warning : settings.warnings)
        hearth::log::warning("{}", warning);

    asio::io_context io(1);
    auth::VerifierPool pool(
        auth::VerifierPool::default_threads()); // ends before the io_context, to which its jobs report
    auth::Authenticator authenticator(settings, instance_of(start, settings), pool);
    for (const auto& sentence : authenticator.prepare())
        hearth::log::error("{}", sentence);
    auth::Server server(io.get_executor(), settings, authenticator, grants);
    Ending ending(io, server, std::move(life));
    server.serve_logins(std::move(logins));
    if (administrators) server.serve_administrators(std::move(*administrators));
    start.say_ready();
    io.run();
}

} // namespace

int main() {
    std::signal(SIGHUP, SIG_IGN); // a new configuration comes with a new process
    for (const int number : {service::signal_leave(), service::signal_roll(), service::signal_kick()})
        std::signal(number, SIG_IGN);
    try {
        auto start = hearth::process::Start::take();
        run(start);
        return EXIT_SUCCESS;
    } catch (const std::exception& error) {
        hearth::log::error("{}", error.what());
        return EXIT_FAILURE;
    }
}
