// SPDX-License-Identifier: Apache-2.0
#include "front_fixture.hpp"
#include "net/spawn.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdlib>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

namespace hearth::login::testing {

using namespace protocol;

namespace {

UniqueFd listen_on(const std::string& name, net::SocketType type, int backlog) {
    auto fd = net::listen_unix(name, type, 0700, backlog);
    REQUIRE(fd.has_value());
    return std::move(*fd);
}

} // namespace

// ---- Peer ----------------------------------------------------------------------------------------------------------

Peer::Peer(boost::asio::io_context& context, const std::string& name)
    : context_(context), listener_(context, listen_on(name, net::stream, 16).release()) {
    accept();
}

Peer::~Peer() {
    *alive_ = false;
    hang_up(true);
}

void Peer::accept() {
    listener_.async_wait(boost::asio::posix::stream_descriptor::wait_read, [this, alive = alive_](error_code error) {
        if (error || !*alive) return;
        UniqueFd socket(::accept4(listener_.native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (socket) {
            stream_ = std::make_shared<net::FrameStream>(context_.get_executor(), std::move(socket));
            net::spawn(context_.get_executor(), read(stream_), "test peer");
        }
        accept();
    });
}

boost::asio::awaitable<void> Peer::read(std::shared_ptr<net::FrameStream> stream) {
    const auto alive = alive_;
    for (;;) {
        auto frame = co_await stream->read();
        if (!frame || !*alive) co_return;
        received.push_back(std::move(frame->bytes));
    }
}

void Peer::hang_up(bool and_listener) {
    if (stream_) stream_->close();
    stream_.reset();
    error_code ignored;
    if (and_listener) listener_.close(ignored);
}

void Peer::send(std::string frame, UniqueFd fd) {
    REQUIRE(stream_ != nullptr);
    stream_->send(std::move(frame), std::move(fd));
}

// ---- TestClient ----------------------------------------------------------------------------------------------------

TestClient::TestClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
}

void TestClient::send(std::string_view bytes) {
    REQUIRE(::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size()));
}

bool TestClient::poll() {
    char buffer[4096];
    for (;;) {
        const auto size = ::recv(socket_.get(), buffer, sizeof buffer, MSG_DONTWAIT);
        if (size <= 0) {
            at_end = at_end || size == 0 || (errno != EAGAIN && errno != EINTR);
            return at_end;
        }
        got.append(buffer, static_cast<std::size_t>(size));
    }
}

// ---- TakenOffer ----------------------------------------------------------------------------------------------------

void TakenOffer::answer(OfferReply reply, std::string reason) {
    OfferAnswer said;
    said.reply = reply;
    said.pid = 1; // a claim that nobody believes
    said.reason = std::move(reason);
    CHECK(net::send_message(connection.get(), encode(said)).has_value());
}

std::optional<Grant> TakenOffer::read_grant() {
    const auto record = net::receive_message(grant.get(), grant_bytes_max);
    if (!record || record->bytes.empty()) return std::nullopt;
    return decode_grant(record->bytes);
}

// ---- Bench ---------------------------------------------------------------------------------------------------------

Bench::Bench(const std::function<void(Settings&)>& change)
    : auth(context, "auth"), anvil(context, "anvil") {
    log_file_.reset(::memfd_create("log", MFD_CLOEXEC));
    old_stderr_.reset(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10));
    REQUIRE(::dup2(log_file_.get(), STDERR_FILENO) >= 0);

    if (change) change(settings);
    front = std::make_unique<Front>(context.get_executor(), settings, false);

    UniqueFd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    REQUIRE(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), size) == 0);
    REQUIRE(::listen(listener.get(), 128) == 0);
    REQUIRE(::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port = ntohs(address.sin_port);
    std::map<std::string, UniqueFd> listeners;
    listeners["imap"] = std::move(listener);

    int pipe_fds[2];
    REQUIRE(::pipe2(pipe_fds, O_CLOEXEC | O_NONBLOCK) == 0);
    life.reset(pipe_fds[1]);
    process = std::make_unique<LoginProcess>(*front, UniqueFd(pipe_fds[0]), std::move(listeners), talk_imap);
    process->start();
    run_until([&] { return auth.is_connected() && anvil.is_connected(); }, "auth and anvil are connected");
}

Bench::~Bench() {
    process->end();
    front->clients.interrupt_unauthenticated(Interrupt::shutting_down);
    const auto until = Clock::now() + std::chrono::seconds(10);
    while (front->clients.size() > 0 && Clock::now() < until)
        context.run_one_for(std::chrono::milliseconds(10));
    CHECK_MESSAGE(front->clients.size() == 0, "clients are left at the end of the test");
    auth.hang_up(true);
    anvil.hang_up(true);
    while (context.run_one_for(std::chrono::milliseconds(10)) > 0 && Clock::now() < until) {
    }
    CHECK_MESSAGE(context.stopped(), "work is left in the event loop");
    ::dup2(old_stderr_.get(), STDERR_FILENO);
}

void Bench::run_until(const std::function<bool()>& happened, const char* what) {
    const auto until = Clock::now() + std::chrono::seconds(15);
    while (!happened()) {
        if (Clock::now() > until) FAIL("never happened: ", std::string(what));
        context.run_one_for(std::chrono::milliseconds(2));
    }
}

void Bench::settle() {
    while (context.run_one_for(std::chrono::milliseconds(5)) > 0) {
    }
}

std::shared_ptr<TestClient> Bench::client() {
    auto result = std::make_shared<TestClient>(port);
    expect(*result, "\r\n");
    return result;
}

std::string Bench::expect(TestClient& client, std::string_view text) {
    std::size_t at = std::string::npos;
    run_until(
        [&] {
            client.poll();
            at = client.got.find(text);
            return at != std::string::npos || client.at_end;
        },
        std::string(text).c_str());
    REQUIRE_MESSAGE(at != std::string::npos, "'", std::string(text), "' did not come, but: ", client.got);
    const auto before = client.got.substr(0, at + text.size());
    client.got.erase(0, before.size());
    return before;
}

void Bench::expect_end(TestClient& client) {
    run_until([&] { return client.poll(); }, "the end of the connection");
    CHECK(client.got == "");
}

std::uint32_t Bench::auth_hears_done() {
    constexpr std::uint32_t nobodys = 0;
    settle();
    front->auth.proceed(nobodys, "");
    const auto id = auth_hears<protocol::auth::Done>().id;
    CHECK(auth_hears<protocol::auth::Continue>().id == nobodys);
    return id;
}

void Bench::succeed(std::uint32_t id) {
    auth::Succeeded succeeded;
    succeeded.id = id;
    succeeded.user = "alice";
    succeeded.uid = ::getuid();
    succeeded.session = session;
    succeeded.generation = 3;
    auto pair = net::socket_pair(net::sequenced);
    REQUIRE(pair.has_value());
    Grant grant;
    grant.service = "imap";
    grant.identity.user = "alice";
    grant.session = session;
    REQUIRE(net::send_message(pair->first.get(), encode(grant)).has_value());
    pair->first.reset();
    auth.send(encode(auth::Response(succeeded)), std::move(pair->second));
}

void Bench::give_grant(std::uint32_t id) {
    auto pair = net::socket_pair(net::sequenced);
    REQUIRE(pair.has_value());
    Grant grant;
    grant.service = "imap";
    grant.identity.user = "alice";
    grant.session = session;
    REQUIRE(net::send_message(pair->first.get(), encode(grant)).has_value());
    pair->first.reset();
    auth.send(encode(auth::Response(auth::Granted{id})), std::move(pair->second));
}

void Bench::route(
    std::uint32_t id, anvil::Verdict verdict, std::vector<std::uint32_t> pids, anvil::Cold why, std::uint32_t limit) {
    anvil::Route route;
    route.id = id;
    route.verdict = verdict;
    route.why = why;
    route.limit = limit;
    route.pids = std::move(pids);
    anvil.send(encode(route));
}

std::shared_ptr<TestClient> Bench::logged_in(std::string_view login) {
    auto result = client();
    result->send(login);
    auth_id = auth_hears<auth::Begin>().id;
    succeed(auth_id);
    lookup_id = anvil_hears<anvil::Lookup>().id;
    return result;
}

void Bench::listen(const std::string& name, int backlog) {
    listeners_[name] = listen_on(name, net::sequenced, backlog);
}

void Bench::stop_listening(const std::string& name) {
    listeners_.erase(name);
    ::unlink(name.c_str());
}

bool Bench::has_offer(const std::string& name) {
    pollfd state{listeners_.at(name).get(), POLLIN, 0};
    return ::poll(&state, 1, 0) == 1;
}

void Bench::drop_offer(const std::string& name) {
    REQUIRE(UniqueFd(::accept4(listeners_.at(name).get(), nullptr, nullptr, SOCK_CLOEXEC)).get() >= 0);
}

TakenOffer Bench::take_offer(const std::string& name) {
    run_until([&] { return has_offer(name); }, "an offer");
    TakenOffer offer;
    offer.connection.reset(::accept4(listeners_.at(name).get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    REQUIRE(offer.connection.get() >= 0);
    auto record = net::receive_message(offer.connection.get(), offer_bytes_max);
    REQUIRE(record.has_value());
    REQUIRE(record->fds.size() == 2);
    const auto head = decode_offer_head(record->bytes);
    const auto opaque = decode_offer_opaque(record->bytes);
    REQUIRE(head.has_value());
    REQUIRE(opaque.has_value());
    offer.head = *head;
    offer.opaque = *opaque;
    offer.client = std::move(record->fds[0]);
    offer.grant = std::move(record->fds[1]);
    return offer;
}

std::uint32_t Bench::own_pid() {
    return static_cast<std::uint32_t>(::getpid());
}

std::string Bench::own_gate() {
    return "imap-" + std::to_string(own_pid());
}

std::string Bench::log() {
    std::string text(static_cast<std::size_t>(::lseek(log_file_.get(), 0, SEEK_END)), '\0');
    CHECK(::pread(log_file_.get(), text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()));
    CHECK(::ftruncate(log_file_.get(), 0) == 0);
    ::lseek(log_file_.get(), 0, SEEK_SET);
    return text;
}

} // namespace hearth::login::testing
