// SPDX-License-Identifier: Apache-2.0
// floor: what the warm architecture costs at least. Two processes: a login that accepts, greets, reads LOGIN, connects to
// the worker's socket and passes the client; a worker that says TAKEN and answers from a file of canned replies. No auth,
// no anvil, no store, no checks. Everything Hearth costs above this is Hearth's.
#include "base/unique_fd.hpp"
#include "net/spawn.hpp"
#include "net/unix_socket.hpp"
#include "script.hpp"

#include <CLI/CLI.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>
#include <fstream>
#include <optional>
#include <sstream>
#include <sys/prctl.h>
#include <csignal>
#include <sys/socket.h>
#include <unistd.h>

namespace asio = boost::asio;
using asio::ip::tcp;
using asio::posix::stream_descriptor;
using namespace hearth;

namespace {

struct Canned {
    std::string select, fetch; // whole replies, tagged line included
};

asio::awaitable<void> read_line(tcp::socket& socket, std::string& input) {
    char buffer[4096];
    input.clear();
    while (input.find('\n') == std::string::npos) {
        const auto got = co_await socket.async_read_some(asio::buffer(buffer), asio::use_awaitable);
        input.append(buffer, got);
    }
}

asio::awaitable<void> write(tcp::socket& socket, std::string_view text) {
    co_await asio::async_write(socket, asio::buffer(text), asio::use_awaitable);
}

// Closes our descriptor of a socket that another process may have too. Asio's close would leave it in our epoll set (only
// the last close takes it out), and its events would wake whichever socket has the slot by then.
void close_copy(tcp::socket& socket) {
    UniqueFd(socket.release());
}

// A wait for a descriptor may end early; what counts is the read.
asio::awaitable<std::optional<net::Received>> receive(stream_descriptor& connection) {
    for (;;) {
        auto received = net::receive_message(connection.native_handle(), 512);
        if (received) co_return std::move(*received);
        if (received.error().value() != EAGAIN) co_return std::nullopt;
        co_await connection.async_wait(stream_descriptor::wait_read, asio::use_awaitable);
    }
}

asio::awaitable<void> serve(UniqueFd client, const Canned& canned) {
    tcp::socket socket(co_await asio::this_coro::executor, tcp::v4(), client.release());
    std::string input;
    co_await write(socket, "a OK Logged in\r\n");
    co_await read_line(socket, input);
    co_await write(socket, canned.select);
    co_await read_line(socket, input);
    co_await write(socket, canned.fetch);
    co_await read_line(socket, input);
    co_await write(socket, "* BYE\r\nd OK Logout\r\n");
    close_copy(socket);
}

asio::awaitable<void> work(UniqueFd listener, const Canned& canned) {
    stream_descriptor gate(co_await asio::this_coro::executor, listener.release());
    for (;;) {
        co_await gate.async_wait(stream_descriptor::wait_read, asio::use_awaitable);
        UniqueFd offer(::accept4(gate.native_handle(), nullptr, nullptr, SOCK_CLOEXEC));
        if (!offer) continue;
        stream_descriptor connection(gate.get_executor(), offer.release());
        auto received = co_await receive(connection);
        if (!received || received->fds.empty()) {
            fmt::print(stderr, "an offer without a client\n");
            continue;
        }
        (void)net::send_message(connection.native_handle(), "TAKEN");
        net::spawn(gate.get_executor(), serve(std::move(received->fds.front()), canned), "session");
    }
}

asio::awaitable<void> hand_over(tcp::socket socket, const std::string& path) {
    socket.set_option(tcp::no_delay(true));
    co_await write(socket, "* OK ready\r\n");
    std::string input;
    co_await read_line(socket, input);
    auto connected = net::connect_unix(path, net::sequenced);
    if (!connected) {
        fmt::print(stderr, "{}: {}\n", path, connected.error().message());
        co_return;
    }
    const auto executor = socket.get_executor();
    const UniqueFd client(socket.release());
    const int fd = client.get();
    (void)net::send_message(connected->get(), std::string(200, 'x'), std::span<const int>(&fd, 1));
    stream_descriptor connection(executor, connected->release());
    (void)co_await receive(connection); // TAKEN
}

asio::awaitable<void> login(tcp::acceptor& acceptor, const std::string& path) {
    for (;;) {
        auto socket = co_await acceptor.async_accept(asio::use_awaitable);
        net::spawn(acceptor.get_executor(), hand_over(std::move(socket), path), "handover");
    }
}

std::string slurp(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

} // namespace

int main(int argc, char** argv) {
    unsigned short port = 0;
    std::string directory;
    CLI::App app("the floor of the warm architecture");
    app.add_option("--port", port)->required();
    app.add_option("--directory", directory, "has select.txt and fetch.txt; the worker's socket is made there")->required();
    CLI11_PARSE(app, argc, argv);
    const Canned canned{slurp(directory + "/select.txt"), slurp(directory + "/fetch.txt")};
    const auto path = directory + "/floor.sock";
    auto listener = net::listen_unix(path, net::sequenced, 0600, 128);
    if (!listener) {
        fmt::print(stderr, "{}: {}\n", path, listener.error().message());
        return 1;
    }
    const pid_t login_pid = ::getpid();
    if (::fork() == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (::getppid() != login_pid) return 0;
        asio::io_context io(1);
        net::spawn(io.get_executor(), work(std::move(*listener), canned), "worker");
        io.run();
        return 0;
    }
    listener->reset();
    asio::io_context io(1);
    tcp::acceptor acceptor(io, tcp::endpoint(asio::ip::address_v4::loopback(), port));
    net::spawn(io.get_executor(), login(acceptor, path), "login");
    fmt::print("ready\n");
    std::fflush(stdout);
    io.run();
}
