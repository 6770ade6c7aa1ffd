// SPDX-License-Identifier: Apache-2.0
#include "run_directory.hpp"
#include "gate_test.hpp"
#include "listen.hpp"
#include "net/unix_socket.hpp"
#include "temporary_directory.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace hearth;
using namespace hearth::master;
using namespace std::chrono_literals;

namespace {

const bool managed = ::geteuid() == 0;
const gid_t login_gid = managed ? 65534 : ::getegid();
const uid_t login_uid = managed ? 65534 : ::geteuid();

mode_t mode_of(const std::string& path) {
    struct stat status {};
    return ::lstat(path.c_str(), &status) == 0 ? status.st_mode & 07777 : 0;
}

UnixSocketPlan unix_socket(const char* path, net::SocketType type, mode_t mode = 0600) {
    return {.path = path, .type = type, .mode = mode, .uid = ::geteuid(), .gid = ::getegid()};
}

ServicePlan service(const char* name, std::vector<UnixSocketPlan> sockets, std::vector<InetSocketPlan> inet = {}) {
    ServicePlan plan;
    plan.name = name;
    plan.unix_sockets = std::move(sockets);
    plan.inet_sockets = std::move(inet);
    return plan;
}

// A port that is taken as long as the descriptor is open.
std::pair<UniqueFd, std::uint16_t> taken_port() {
    UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    REQUIRE(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(::listen(fd.get(), 1) == 0);
    REQUIRE(::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
    return {std::move(fd), ntohs(address.sin_port)};
}

} // namespace

TEST_CASE("the run directory is made with the modes that the walls rest on") {
    test::WorkingDirectory directory;
    const auto path = directory.path() + "/new/run";
    const auto run = enter_run_directory(path, managed, login_gid);
    REQUIRE(run.has_value());
    CHECK(mode_of(path) == 0755);
    CHECK(mode_of(path + "/login") == (managed ? 0710 : 0700));
    CHECK(std::filesystem::current_path() == path);
    CHECK(directory.read("new/run/master.pid") == std::to_string(::getpid()) + "\n");
    CHECK((::fcntl(run->lock.get(), F_GETFD) & FD_CLOEXEC) != 0);
}

TEST_CASE("sockets of a dead master are swept, other files are not, and those of a live one never") {
    test::WorkingDirectory directory;
    const auto path = directory.path() + "/run";
    {
        const auto first = enter_run_directory(path, managed, login_gid);
        REQUIRE(first.has_value());
        CHECK(first->swept == 0);
        REQUIRE(net::listen_unix("notify", net::datagram, 0600, 0).has_value());
        REQUIRE(net::listen_unix("login/imap-77", net::sequenced, 0, 4).has_value());
        directory.write("run/login/file", "kept");
        const auto second = enter_run_directory(path, managed, login_gid);
        REQUIRE_FALSE(second.has_value());
        CHECK(second.error().text.find("pid " + std::to_string(::getpid())) != std::string::npos);
        CHECK(std::filesystem::exists("notify"));
    }
    const auto third = enter_run_directory(path, managed, login_gid);
    REQUIRE(third.has_value());
    CHECK(third->swept == 2);
    CHECK_FALSE(std::filesystem::exists("notify"));
    CHECK_FALSE(std::filesystem::exists("login/imap-77"));
    CHECK(std::filesystem::exists("login/file"));
}

TEST_CASE("somebody else's directory and a link in its place are refused") {
    test::WorkingDirectory directory;
    std::filesystem::create_directory("elsewhere");
    std::filesystem::create_directory_symlink("elsewhere", "run");
    CHECK_FALSE(enter_run_directory(directory.path() + "/run", managed, login_gid).has_value());
    if (!managed) return;
    std::filesystem::create_directory("foreign");
    REQUIRE(::chown("foreign", 65534, 65534) == 0);
    const auto refused = enter_run_directory(directory.path() + "/foreign", managed, login_gid);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().text.find("belongs to uid 65534") != std::string::npos);
}

TEST_CASE("a base_dir that is too long is told with the arithmetic") {
    CHECK(path_complaint("/run/hearth", "login/imap").empty());
    CHECK(path_complaint(std::string(96, 'x'), "login/imap").empty()); // 96 + 1 + 10 = 107
    const auto complaint = path_complaint(std::string(97, 'x'), "login/imap");
    CHECK(complaint.find("97 + 1 + 10 (\"login/imap\") = 108 bytes") != std::string::npos);
    CHECK(complaint.find("at most 96 bytes") != std::string::npos);
}

TEST_CASE("the gate's self-test holds here, and says what is wrong where it doesn't") {
    test::WorkingDirectory directory;
    const auto run = enter_run_directory(directory.path() + "/run", managed, login_gid);
    REQUIRE(run.has_value());
    const auto proven = prove_gate(managed, login_uid, login_gid);
    if (!proven) FAIL(proven.error().text);
    CHECK_FALSE(std::filesystem::exists("login/gate-test"));
    if (!managed) return;
    // Root isn't refused by any mode: as a "login user" it fails the test.
    const auto root = prove_gate(true, 0, 0);
    REQUIRE_FALSE(root.has_value());
    CHECK(root.error().text.find("it connected") != std::string::npos);
}

TEST_CASE("listeners that stay are the same socket after a change, new ones come, old ones go") {
    test::WorkingDirectory directory;
    std::filesystem::create_directory("login");
    Listeners listeners;
    const std::vector first{service("imap", {unix_socket("login/imap", net::sequenced), unix_socket("old", net::stream)})};
    REQUIRE(listeners.adjust(first, 0ms).has_value());
    const int kept = listeners.unix_socket("login/imap");
    CHECK(mode_of("login/imap") == 0600);
    const auto waiting = net::connect_unix("login/imap", net::sequenced);
    REQUIRE(waiting.has_value());
    const std::vector second{service("imap", {unix_socket("login/imap", net::sequenced), unix_socket("new", net::stream)})};
    REQUIRE(listeners.adjust(second, 0ms).has_value());
    CHECK(listeners.unix_socket("login/imap") == kept);
    CHECK(::accept4(kept, nullptr, nullptr, SOCK_CLOEXEC) >= 0); // what queued is there
    CHECK(listeners.unix_socket("old") == -1);
    CHECK_FALSE(std::filesystem::exists("old"));
    CHECK(std::filesystem::exists("new"));
    const auto names = listeners.of(second[0]);
    REQUIRE(names.size() == 2);
    CHECK(names[0].first == "login/imap");
    listeners.unlink_all();
    CHECK_FALSE(std::filesystem::exists("login/imap"));
}

TEST_CASE("a renewed listener takes the new connections while the old one keeps its own") {
    test::WorkingDirectory directory;
    Listeners listeners;
    const std::vector plan{service("auth", {unix_socket("auth", net::stream)})};
    REQUIRE(listeners.adjust(plan, 0ms).has_value());
    const auto old = duplicate(listeners.unix_socket("auth")); // as the old auth has it
    const auto before = net::connect_unix("auth", net::stream);
    REQUIRE(listeners.adjust(plan, 0ms, "auth").has_value());
    const auto after = net::connect_unix("auth", net::stream);
    REQUIRE(after.has_value());
    CHECK(::accept4(old.get(), nullptr, nullptr, SOCK_CLOEXEC) >= 0);
    CHECK(::accept4(old.get(), nullptr, nullptr, SOCK_CLOEXEC) == -1);
    CHECK(::accept4(listeners.unix_socket("auth"), nullptr, nullptr, SOCK_CLOEXEC) >= 0);
    CHECK_FALSE(std::filesystem::exists("auth.new"));
}

TEST_CASE("a port that is taken is an error at once that changes nothing, or is waited for") {
    test::WorkingDirectory directory;
    auto [holder, port] = taken_port();
    Listeners listeners;
    const std::vector before{service("imap-login", {unix_socket("keep", net::stream)})};
    REQUIRE(listeners.adjust(before, 0ms).has_value());
    const std::vector plan{service("imap-login", {unix_socket("more", net::stream)}, {{.name = "imap", .address = "127.0.0.1", .port = port}})};
    const auto refused = listeners.adjust(plan, 0ms);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().text.find(std::to_string(port)) != std::string::npos);
    CHECK(std::filesystem::exists("keep"));
    CHECK_FALSE(std::filesystem::exists("more"));

    // The old login: it closes its port when it sees that the master is gone.
    int go[2];
    REQUIRE(::pipe2(go, O_CLOEXEC) == 0);
    const auto login = ::fork();
    if (login == 0) {
        ::close(go[1]);
        char byte = 0;
        while (::read(go[0], &byte, 1) > 0) {}
        ::_exit(0);
    }
    holder.reset();
    ::close(go[0]);
    ::close(go[1]);
    const auto waited = listeners.adjust(plan, 5s);
    if (!waited) FAIL(waited.error().text);
    CHECK(::waitpid(login, nullptr, 0) == login);
    CHECK(std::filesystem::exists("more"));
}

TEST_CASE("addresses of both families are listened on, and nonsense is told") {
    test::WorkingDirectory directory;
    auto [holder, port] = taken_port();
    holder.reset();
    Listeners listeners;
    std::vector plan{service("imap-login", {}, {{.name = "imap", .address = "*", .port = port}, {.name = "imap#2", .address = "::", .port = port}})};
    REQUIRE(listeners.adjust(plan, 0ms).has_value());
    CHECK(listeners.of(plan[0]).size() == 2);
    plan[0].inet_sockets.push_back({.name = "imap#3", .address = "example.org", .port = port});
    CHECK_FALSE(listeners.adjust(plan, 0ms).has_value());
}

TEST_CASE("a socket that systemd passed is used instead of an own one") {
    test::WorkingDirectory directory;
    auto [passed, port] = taken_port();
    Listeners listeners;
    std::vector<UniqueFd> sockets;
    sockets.push_back(std::move(passed));
    listeners.adopt(std::move(sockets));
    const std::vector plan{service("imap-login", {}, {{.name = "imap", .address = "127.0.0.1", .port = port}})};
    CHECK(listeners.adjust(plan, 0ms).has_value()); // else the port would be taken
}
