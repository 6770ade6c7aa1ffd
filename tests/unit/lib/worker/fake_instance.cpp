// SPDX-License-Identifier: Apache-2.0
#include "fake_instance.hpp"

#include "net/unix_socket.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <grp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace hearth::worker::fake {
namespace {

constexpr int patience_ms = 5000; // what doesn't happen in this time doesn't happen

// The effective ids of a process without supplementary groups, for one system call or two; root only.
class Disguise {
public:
    Disguise(uid_t uid, gid_t gid) {
        if (!is_root()) return;
        REQUIRE(::setegid(gid) == 0);
        REQUIRE(::seteuid(uid) == 0);
    }
    ~Disguise() {
        if (!is_root()) return;
        (void)!::seteuid(0);
        (void)!::setegid(0);
    }
};

} // namespace

bool is_root() {
    return ::getuid() == 0;
}

bool wait_for(int fd, short events) {
    pollfd poll{fd, events, 0};
    return ::poll(&poll, 1, patience_ms) == 1;
}

Client::Client() {
    auto pair = net::socket_pair(net::stream).value();
    near = std::move(pair.first);
    server = std::move(pair.second);
}

void Client::send(std::string_view bytes) const {
    CHECK(net::send_message(near.get(), bytes).value() == bytes.size());
}

std::string Client::read(std::size_t size) const {
    std::string text;
    while (text.size() < size && wait_for(near.get())) {
        std::array<char, 4096> part{};
        const auto got = ::recv(near.get(), part.data(), std::min(part.size(), size - text.size()), 0);
        if (got <= 0) break;
        text.append(part.data(), static_cast<std::size_t>(got));
    }
    return text;
}

std::string Client::read_to_end() const {
    return read(1 << 20);
}

std::optional<protocol::OfferAnswer> Offered::answer() const {
    REQUIRE(wait_for(connection.get()));
    const auto record = net::receive_message(connection.get(), protocol::answer_bytes_max);
    if (!record || record->bytes.empty()) return std::nullopt;
    return protocol::decode_offer_answer(record->bytes);
}

protocol::OfferReply Offered::reply() const {
    auto got = answer();
    if (got && got->reply == protocol::OfferReply::accepted) got = answer();
    REQUIRE_MESSAGE(got, "the offer was not answered");
    return got->reply;
}

Instance::Instance(Options options) : options_(options) {
    const auto login = directory_ / "login";
    REQUIRE(::mkdir(login.c_str(), 0710) == 0);
    REQUIRE(::chmod(directory().c_str(), 0755) == 0);
    if (is_root() && options_.managed) REQUIRE(::chown(login.c_str(), 0, login_gid) == 0);
    if (is_root() && !options_.managed) REQUIRE(::chown(login.c_str(), user_uid, user_gid) == 0);
    shared_ = net::listen_unix(login + "/imap", net::sequenced, 0666, 16).value();
    reports_ = net::listen_unix(directory_ / "anvil-report", net::datagram, 0666, 0).value();
}

Instance::~Instance() {
    for (const auto pid : alive_) {
        ::kill(pid, SIGKILL);
        ::waitpid(pid, nullptr, 0);
    }
}

pid_t Instance::start() {
    auto notify = net::socket_pair(net::datagram).value();
    int life[2];
    REQUIRE(::pipe(life) == 0);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        ::close(life[1]);
        notify.first.reset();
        run_child(UniqueFd(life[0]), std::move(notify.second));
    }
    ::close(life[0]);
    lives_.emplace_back(life[1]);
    notices_ = std::move(notify.first);
    pid_ = child;
    alive_.push_back(child);
    notify.second.reset();
    REQUIRE(notice() == "READY=1");
    return child;
}

void Instance::run_child(UniqueFd life, UniqueFd notify) {
    int code = 99;
    try {
        lives_.clear();
        notices_.reset();
        reports_.reset();
        const auto auth_uid = ::getuid();
        if (is_root() && !options_.managed &&
            (::setgroups(0, nullptr) != 0 || ::setresgid(user_gid, user_gid, user_gid) != 0 ||
                ::setresuid(user_uid, user_uid, user_uid) != 0))
            ::_exit(98);
        if (::chdir(directory().c_str()) != 0) ::_exit(97);
        Deps deps;
        deps.service = "imap";
        deps.generation = options_.limits.generation;
        deps.managed = options_.managed;
        deps.auth_uid = auth_uid;
        if (options_.managed) deps.login_gid = login_gid;
        deps.master_pid = ::getppid();
        deps.gate = worker::gate_path("login/imap-%{pid}", ::getpid());
        deps.report_path = "anvil-report";
        deps.shared = std::move(shared_);
        deps.life = std::move(life);
        deps.notify = std::move(notify);
        deps.signals = block_signals();
        deps.settings.limits = options_.limits;
        code = run(std::move(deps), handle, {});
    } catch (const std::exception& error) {
        fmt::print(stderr, "the worker failed: {}\n", error.what());
    }
    ::_exit(code);
}

protocol::Grant Instance::grant(std::string_view user) const {
    protocol::Grant grant;
    grant.service = "imap";
    grant.identity.user = user;
    grant.identity.uid = is_root() ? user_uid : ::getuid();
    grant.identity.gid = is_root() ? user_gid : ::getgid();
    grant.identity.home = "/nonexistent";
    grant.identity.policy = {{"quota", "5M"}};
    grant.session = SessionId::random();
    grant.generation = options_.limits.generation;
    grant.expires = Clock::now() + protocol::grant_lifetime;
    grant.tag.fill(7);
    return grant;
}

UniqueFd Instance::issue(const protocol::Grant& grant) {
    return issue_record(protocol::encode(grant));
}

UniqueFd Instance::issue_record(std::string_view record) {
    auto pair = net::socket_pair(net::sequenced).value();
    net::send_message(pair.first.get(), record).value();
    return std::move(pair.second);
}

UniqueFd Instance::connect_shared() const {
    return net::connect_unix(directory_ / "login/imap", net::sequenced).value();
}

std::string Instance::gate_path(pid_t pid) const {
    return fmt::format("{}/login/imap-{}", directory(), pid == 0 ? pid_ : pid);
}

UniqueFd Instance::connect_gate(pid_t pid) const {
    const auto path = gate_path(pid);
    auto connection = net::connect_unix(path, net::sequenced);
    if (connection || connection.error().value() != EACCES) return std::move(connection.value());
    // Without root a shut gate is shut: plays the login that had passed the check just before.
    REQUIRE(::chmod(path.c_str(), 0200) == 0);
    connection = net::connect_unix(path, net::sequenced);
    REQUIRE(::chmod(path.c_str(), 0) == 0);
    return std::move(connection.value());
}

Offered Instance::offer(UniqueFd connection, const protocol::Grant& grant, int grant_fd, std::string pipelined) {
    protocol::Offer offer;
    offer.head.session = grant.session;
    offer.head.generation = grant.generation;
    offer.opaque.tag = "a1";
    offer.opaque.remote_ip = "192.0.2.7";
    offer.opaque.pipelined = std::move(pipelined);
    Offered offered;
    offered.connection = std::move(connection);
    const std::array<int, 2> fds{offered.client.server.get(), grant_fd};
    net::send_message(offered.connection.get(), protocol::encode(offer), fds).value();
    offered.client.server.reset();
    return offered;
}

Offered Instance::offer_shared(const protocol::Grant& grant) const {
    const auto grant_fd = issue(grant);
    return offer(connect_shared(), grant, grant_fd.get());
}

Offered Instance::offer_gate(const protocol::Grant& grant) const {
    const auto grant_fd = issue(grant);
    return offer(connect_gate(), grant, grant_fd.get());
}

bool Instance::gate_is_open() const {
    const Disguise disguise(options_.managed ? login_uid : user_uid, options_.managed ? login_gid : user_gid);
    // The probe says nothing and goes: the worker must not mind.
    return net::connect_unix(gate_path(), net::sequenced).has_value();
}

protocol::anvil::WorkerReport Instance::report() const {
    REQUIRE_MESSAGE(wait_for(reports_.get()), "no report came");
    const auto datagram = net::receive_message(reports_.get(), 8192).value();
    const auto report = protocol::anvil::decode_report(datagram.bytes);
    REQUIRE(report);
    return std::get<protocol::anvil::WorkerReport>(*report);
}

protocol::anvil::WorkerReport Instance::report_where(
    const std::function<bool(const protocol::anvil::WorkerReport&)>& is) const {
    for (;;)
        if (auto next = report(); is(next)) return next;
}

std::string Instance::notice() const {
    REQUIRE_MESSAGE(wait_for(notices_.get()), "no notice came");
    return net::receive_message(notices_.get(), 512).value().bytes;
}

void Instance::signal(int number, std::uint32_t value) const {
    sigval word{};
    word.sival_int = static_cast<int>(value);
    REQUIRE(::sigqueue(pid_, number, word) == 0);
}

int Instance::exit_code() {
    const UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
    REQUIRE(process);
    REQUIRE_MESSAGE(wait_for(process.get()), "the worker did not end");
    int status = 0;
    REQUIRE(::waitpid(pid_, &status, 0) == pid_);
    std::erase(alive_, pid_);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

} // namespace hearth::worker::fake
