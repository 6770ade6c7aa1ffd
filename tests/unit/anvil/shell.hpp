// SPDX-License-Identifier: Apache-2.0
// Anvil's shell over real sockets: this process plays master, worker, logins and administrator.
#pragma once

#include "net/spawn.hpp"
#include "net/unix_socket.hpp"
#include "temporary_directory.hpp"
#include "tracker.hpp"
#include "world.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <doctest/doctest.h>
#include <unistd.h>

namespace hearth::anvil::testing {

namespace asio = boost::asio;

// A directory of its own, and anvil listening in it.
class Shell {
public:
    explicit Shell(pid_t master_pid = ::getpid(), std::uint32_t userip_limit = 0) {
        Setup setup;
        setup.ledger = {test_key(), 1, userip_limit};
        setup.master_pid = master_pid;
        setup.report = net::listen_unix(path("report"), net::datagram, 0600, 0).value();
        setup.login = net::listen_unix(path("login"), net::stream, 0600, 64).value();
        setup.master = net::listen_unix(path("master"), net::stream, 0600, 4).value();
        setup.admin = net::listen_unix(path("admin"), net::stream, 0600, 4).value();
        REQUIRE(net::want_credentials(setup.report.get()));
        tracker = std::make_unique<Tracker>(context.get_executor(), std::move(setup));
        reporter_ = connect("report", net::datagram);
        tracker->start();
    }

    asio::io_context context{1};
    std::unique_ptr<Tracker> tracker;

    std::string path(const std::string& name) const { return directory_ / name; }
    UniqueFd connect(const std::string& name, net::SocketType type) const {
        auto fd = net::connect_unix(path(name), type);
        REQUIRE(fd.has_value());
        return std::move(*fd);
    }
    std::unique_ptr<net::FrameStream> connect_frames(const std::string& name) {
        return std::make_unique<net::FrameStream>(context.get_executor(), connect(name, net::stream));
    }
    /// As master and as worker. False when anvil's queue is full.
    bool send(const wire::Report& report) const {
        return net::send_message(reporter_.get(), wire::encode(report)).has_value();
    }
    void introduce(std::uint32_t process_limit) const {
        CHECK(send(wire::Roster{1, 0, 1, {}}));
        CHECK(send(wire::ServiceLimits{"imap", process_limit, 1, 1}));
    }
    /// This process, seen as a worker of the user.
    static wire::WorkerReport worker(const std::string& user) {
        wire::WorkerReport report;
        report.service = "imap";
        report.generation = 1;
        report.accepts = true;
        World::name(report, user, 0);
        return report;
    }
    /// Runs until the coroutine is done.
    void run(asio::awaitable<void> work) {
        bool done = false;
        net::spawn(context.get_executor(), finish(std::move(work), done), "test");
        while (!done)
            context.run_one();
    }

private:
    static asio::awaitable<void> finish(asio::awaitable<void> work, bool& done) {
        try {
            co_await std::move(work);
        } catch (const std::exception& error) {
            FAIL_CHECK(error.what());
        }
        done = true;
    }
    test::TemporaryDirectory directory_;
    UniqueFd reporter_;
};

inline asio::awaitable<wire::Route> read_route(net::FrameStream& stream) {
    auto frame = co_await stream.read();
    if (!frame) throw std::runtime_error("no route: " + frame.error().message());
    co_return wire::decode_route(frame->bytes).value();
}

inline wire::LoginMessage ask(std::uint32_t id, const std::string& user) {
    return wire::Lookup{id, "imap", user, "192.0.2.1", identity_of(user), session_id(id)};
}

inline asio::awaitable<std::string> read_line(asio::posix::stream_descriptor& socket) {
    std::string line;
    for (char c = 0; c != '\n';) {
        co_await socket.async_read_some(asio::buffer(&c, 1), asio::use_awaitable);
        line += c;
    }
    co_return line;
}

} // namespace hearth::anvil::testing
