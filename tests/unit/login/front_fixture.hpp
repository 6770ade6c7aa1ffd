// SPDX-License-Identifier: Apache-2.0
// A login process in a test: the real Front, acceptor and dialogue on loopback, and around them auth, anvil and workers
// played by the test itself, over real sockets in a directory of its own. One thread: run_until() turns the event loop.
#pragma once

#include "client.hpp"
#include "dialogue_imap.hpp"
#include "front.hpp"
#include "login_process.hpp"
#include "net/frame_stream.hpp"
#include "net/unix_socket.hpp"
#include "protocol/anvil.hpp"
#include "protocol/auth.hpp"
#include "protocol/grant.hpp"
#include "protocol/offer.hpp"
#include "temporary_directory.hpp"

#include <boost/asio/io_context.hpp>
#include <deque>
#include <doctest/doctest.h>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace hearth::login::testing {

/// One end of a frame stream that the test plays: accepts on `name`, keeps what comes.
class Peer {
public:
    Peer(boost::asio::io_context& context, const std::string& name);
    ~Peer();
    /// The stream breaks, as if the process died. `and_listener`: nobody takes its place either.
    void hang_up(bool and_listener = false);
    void send(std::string frame, UniqueFd fd = {});
    [[nodiscard]] bool is_connected() const { return stream_ != nullptr; }
    std::deque<std::string> received;

private:
    boost::asio::awaitable<void> read(std::shared_ptr<net::FrameStream> stream);
    void accept();

    boost::asio::io_context& context_;
    boost::asio::posix::stream_descriptor listener_;
    std::shared_ptr<net::FrameStream> stream_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

/// The mail client.
class TestClient {
public:
    explicit TestClient(std::uint16_t port);
    void send(std::string_view bytes);
    void close() { socket_.reset(); }
    /// What it got, so far. True at the end of file.
    bool poll();
    std::string got;
    bool at_end = false;

private:
    UniqueFd socket_;
};

/// What a worker finds in an offer.
struct TakenOffer {
    UniqueFd connection, client, grant;
    protocol::OfferHead head;
    protocol::OfferOpaque opaque;
    void answer(protocol::OfferReply reply, std::string reason = "");
    /// The grant, once.
    std::optional<protocol::Grant> read_grant();
};

class Bench {
public:
    explicit Bench(const std::function<void(Settings&)>& change = {});
    ~Bench();

    void run_until(const std::function<bool()>& happened, const char* what);
    /// Everything that can happen now has happened.
    void settle();

    std::shared_ptr<TestClient> client();
    /// Waits until the client has seen `text`, and forgets up to there.
    std::string expect(TestClient& client, std::string_view text);
    void expect_end(TestClient& client);

    template <class Message>
    Message from_login(
        Peer& peer, const std::function<std::optional<Message>(const std::string&)>& decode, const char* what) {
        run_until([&] { return !peer.received.empty(); }, what);
        const auto frame = peer.received.front();
        peer.received.pop_front();
        const auto message = decode(frame);
        REQUIRE_MESSAGE(message.has_value(), what);
        return *message;
    }
    template <class T> T auth_hears() {
        const auto request = from_login<protocol::auth::Request>(
            auth, [](const auto& frame) { return protocol::auth::decode_request(frame); }, "auth");
        REQUIRE(std::holds_alternative<T>(request));
        return std::get<T>(request);
    }
    template <class T> T anvil_hears() {
        const auto message = from_login<protocol::anvil::LoginMessage>(
            anvil, [](const auto& frame) { return protocol::anvil::decode_login_message(frame); }, "anvil");
        REQUIRE(std::holds_alternative<T>(message));
        return std::get<T>(message);
    }
    /// Login's Done, which it sends along with what it says next: so it is made to say something.
    std::uint32_t auth_hears_done();
    /// Auth says yes to the authentication `id`, and gives the session a grant.
    void succeed(std::uint32_t id);
    void give_grant(std::uint32_t id);
    void route(std::uint32_t id, protocol::anvil::Verdict verdict, std::vector<std::uint32_t> pids = {},
        protocol::anvil::Cold why = protocol::anvil::Cold::first, std::uint32_t limit = 0);
    /// A client that has said `login` and whose lookup is at anvil.
    std::shared_ptr<TestClient> logged_in(std::string_view login = "a LOGIN alice secret\r\n");
    std::uint32_t auth_id = 0, lookup_id = 0;

    /// A worker's listener; own_pid() is the only pid whose listener passes the check.
    void listen(const std::string& name, int backlog = 16);
    void stop_listening(const std::string& name);
    TakenOffer take_offer(const std::string& name);
    [[nodiscard]] bool has_offer(const std::string& name);
    /// Takes the first connection out of the backlog and closes it.
    void drop_offer(const std::string& name);
    static std::uint32_t own_pid();
    static std::string own_gate();

    /// The log so far, and forgets it.
    std::string log();

    test::WorkingDirectory directory;
    boost::asio::io_context context{1};
    Peer auth, anvil;
    Settings settings;
    std::unique_ptr<Front> front;
    std::unique_ptr<LoginProcess> process;
    std::uint16_t port = 0;
    UniqueFd life; // the master's end
    const SessionId session = SessionId::random();

private:
    std::map<std::string, UniqueFd> listeners_;
    UniqueFd log_file_, old_stderr_;
};

} // namespace hearth::login::testing
