// SPDX-License-Identifier: Apache-2.0
// The whole master in this process, with real children: the test program in other parts (child_program.cpp).
#include "supervisor.hpp"
#include "child_program.hpp"
#include "net/unix_socket.hpp"
#include "own_descriptors.hpp"
#include "temporary_directory.hpp"

#include <boost/json.hpp>
#include <csignal>
#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace hearth;
using namespace hearth::master;
using namespace std::chrono_literals;

namespace {

constexpr auto patience = 20s; // only a broken test waits so long

struct Instance {
    test::WorkingDirectory directory;
    boost::asio::io_context io{1};
    LogSink log{io.get_executor()};
    std::unique_ptr<Supervisor> master;

    explicit Instance(std::uint32_t spare, std::uint32_t limit = 50, bool forks = false) {
        Plan plan;
        plan.base_dir = directory.path() + "/run";
        plan.managed = ::geteuid() == 0;
        plan.login_uid = plan.managed ? 65534 : ::geteuid();
        plan.login_gid = plan.managed ? 65534 : ::getegid();
        plan.log.path = directory.path() + "/log";
        plan.log.timestamp = "";
        plan.services.push_back(service("anvil", config::ServiceKind::anvil, Stage::anvil));
        plan.services.back().unix_sockets = {socket("anvil-report", net::datagram), socket("anvil-master", net::stream)};
        plan.services.push_back(service("auth", config::ServiceKind::auth, Stage::auth));
        plan.services.back().unix_sockets = {socket("login/auth", net::stream)};
        plan.services.push_back(service("imap", config::ServiceKind::worker, Stage::worker));
        auto& imap = plan.services.back();
        imap.unix_sockets = {socket("login/imap", net::sequenced)};
        imap.process_listener = "login/imap-%{pid}";
        imap.rule.per_user = true;
        imap.rule.process_limit = limit;
        imap.forks = forks;
        imap.rule.process_min_avail = spare;
        plan.services.push_back(service("imap-login", config::ServiceKind::login, Stage::login));
        REQUIRE(log.configure(plan.log).has_value());
        auto run = enter_run_directory(plan.base_dir, plan.managed, plan.login_gid);
        REQUIRE(run.has_value());
        master = std::make_unique<Supervisor>(io, log, Options{"/nonexistent/hearth.conf", {}}, std::move(plan), std::move(*run));
        const auto started = master->start({});
        if (!started) FAIL(started.error().text);
    }
    ~Instance() {
        if (!io.stopped()) {
            master->stop();
            io.run_for(patience);
        }
        CHECK(::waitpid(-1, nullptr, WNOHANG) == -1); // nobody is left behind
    }

    static UnixSocketPlan socket(const char* path, net::SocketType type) {
        return {.path = path, .type = type, .mode = 0600, .uid = ::geteuid(), .gid = ::getegid()};
    }
    static ServicePlan service(const char* name, config::ServiceKind kind, Stage stage) {
        ServicePlan plan;
        plan.name = name;
        plan.kind = kind;
        auto program = std::make_shared<Program>();
        program->fd = test::open_own_program();
        plan.program = program;
        plan.rule = {.name = name, .stage = stage};
        return plan;
    }
    template <class Condition>
    bool until(Condition holds) {
        const auto end = Clock::now() + patience;
        io.restart();
        while (!holds() && Clock::now() < end) io.run_one_for(100ms);
        return holds();
    }
    std::uint32_t in(std::string_view service, WorkerState state) const {
        for (const auto& view : master->roster().services(Clock::now()))
            if (view.name == service) return view.count.at(static_cast<std::size_t>(state));
        return 0;
    }
    bool logged(std::string_view service, std::string_view text) const {
        for (const auto& kept : log.kept())
            if (kept.service == service && kept.line.text.find(text) != std::string::npos) return true;
        return false;
    }
    std::vector<pid_t> pids(std::string_view service) const {
        std::vector<pid_t> result;
        for (const auto& process : master->roster().processes())
            if (process.service == service) result.push_back(process.pid);
        return result;
    }
    boost::json::object ask(const std::string& request) {
        auto connection = net::connect_unix("master", net::stream);
        REQUIRE(connection.has_value());
        REQUIRE(net::send_message(connection->get(), request + "\n").has_value());
        std::string text;
        REQUIRE(until([&] {
            if (const auto received = net::receive_message(connection->get(), 65536)) text += received->bytes;
            return text.ends_with("}\n");
        }));
        return boost::json::parse(text.substr(0, text.find('\n'))).as_object();
    }
};

} // namespace

TEST_CASE("the master starts everything, and keeps no descriptor for a worker") {
    std::size_t few = 0, many = 0;
    {
        Instance instance(2);
        REQUIRE(instance.until([&] { return instance.in("imap-login", WorkerState::unbound) == 1; }));
        few = test::own_descriptors();
    }
    {
        Instance instance(20);
        REQUIRE(instance.until([&] { return instance.in("imap-login", WorkerState::unbound) == 1; }));
        CHECK(instance.in("imap", WorkerState::unbound) == 20);
        many = test::own_descriptors();
    }
    CHECK(few == many);
}

TEST_CASE("an offer on the shared listener starts a worker; when it dies its node goes, anvil hears of it, then it is reaped") {
    Instance instance(0);
    REQUIRE(instance.until([&] { return instance.in("imap-login", WorkerState::unbound) == 1; }));
    CHECK(instance.pids("imap").empty());
    const auto offer = net::connect_unix("login/imap", net::sequenced);
    REQUIRE(offer.has_value());
    REQUIRE(instance.until([&] { return instance.in("imap", WorkerState::bound) == 1; }));
    const auto pid = instance.pids("imap").at(0);
    CHECK(std::filesystem::exists("login/imap-" + std::to_string(pid)));
    CHECK(instance.until([&] { return instance.logged("anvil", "started " + std::to_string(pid)); }));
    ::kill(pid, SIGKILL);
    CHECK(instance.until([&] { return instance.logged("anvil", "exited " + std::to_string(pid) + " unlinked"); }));
    CHECK(instance.until([&] { return instance.pids("imap").empty(); }));
    CHECK(instance.logged("master", "killed by signal 9 (SIGKILL)"));
    CHECK_FALSE(std::filesystem::exists("login/imap-" + std::to_string(pid)));
}

TEST_CASE("a new anvil gets the roster of its epoch and the bound workers are told to report") {
    Instance instance(0);
    REQUIRE(instance.until([&] { return instance.in("imap-login", WorkerState::unbound) == 1; }));
    const auto offer = net::connect_unix("login/imap", net::sequenced);
    REQUIRE(instance.until([&] { return instance.in("imap", WorkerState::bound) == 1; }));
    ::kill(instance.pids("anvil").at(0), SIGKILL);
    CHECK(instance.until([&] { return instance.logged("anvil", "roster of 1 for this epoch"); }));
    CHECK(instance.until([&] { return instance.logged("anvil", "limits imap 50 1"); }));
    CHECK(instance.until([&] { return instance.logged("imap", "rolled"); }));
    CHECK(instance.in("imap", WorkerState::bound) == 1);
}

TEST_CASE("dead children are reaped though anvil doesn't read its full queue and is then killed") {
    Instance instance(40);
    REQUIRE(instance.until([&] { return instance.in("imap-login", WorkerState::unbound) == 1; }));
    const auto anvil = instance.pids("anvil").at(0);
    ::kill(anvil, SIGSTOP);
    siginfo_t stopped{};
    REQUIRE(::waitid(P_PID, static_cast<id_t>(anvil), &stopped, WSTOPPED) == 0);
    // Fill the queue, so that the first death has to wait.
    std::vector<UniqueFd> senders; // one alone would be stopped by its own buffer before
    do {
        auto sender = net::connect_unix("anvil-report", net::datagram);
        REQUIRE(sender.has_value());
        senders.push_back(std::move(*sender));
        while (net::send_message(senders.back().get(), "x")) {}
    } while (senders.size() < 20);
    const auto workers = instance.pids("imap");
    ::kill(workers.at(0), SIGKILL);
    ::kill(workers.at(1), SIGKILL);
    siginfo_t zombie{};
    REQUIRE(instance.until([&] {
        return ::waitid(P_PID, static_cast<id_t>(workers.at(1)), &zombie, WEXITED | WNOHANG | WNOWAIT) == 0 && zombie.si_pid != 0 &&
               (!std::filesystem::exists("login/imap-" + std::to_string(workers.at(0))) ||
                   !std::filesystem::exists("login/imap-" + std::to_string(workers.at(1))));
    }));
    CHECK(instance.master->roster().knows(workers.at(0)));
    CHECK(instance.master->roster().knows(workers.at(1)));
    ::kill(anvil, SIGKILL);
    CHECK(instance.until([&] {
        return !instance.master->roster().knows(workers.at(0)) && !instance.master->roster().knows(workers.at(1)) &&
               instance.in("imap", WorkerState::unbound) == 40;
    }));
}

TEST_CASE("at the limit without anvil's help the longest bound worker is asked and leaves") {
    Instance instance(0, 1);
    REQUIRE(instance.until([&] { return instance.in("imap-login", WorkerState::unbound) == 1; }));
    ::kill(instance.pids("anvil").at(0), SIGSTOP); // its link is up and silent
    const auto first = net::connect_unix("login/imap", net::sequenced);
    REQUIRE(instance.until([&] { return instance.in("imap", WorkerState::bound) == 1; }));
    const auto pid = instance.pids("imap").at(0);
    const auto anvil = instance.pids("anvil").at(0);
    ::kill(anvil, SIGKILL);
    CHECK(instance.until([&] { return !instance.master->roster().knows(pid); }));
}

TEST_CASE("the administrator asks for services and processes, and a reload of a broken file keeps the old configuration") {
    Instance instance(1);
    REQUIRE(instance.until([&] { return instance.in("imap-login", WorkerState::unbound) == 1; }));
    CHECK(instance.ask(R"({"cmd":"ping"})").at("generation").as_int64() == 1);
    CHECK(instance.ask(R"({"cmd":"service-status"})").at("name").as_string() == "anvil");
    CHECK(instance.ask(R"({"cmd":"process-status"})").contains("pid"));
    CHECK(instance.ask(R"({"cmd":"reload"})").contains("error"));
    CHECK(instance.ask(R"({"cmd":"dance"})").at("error").as_string() == "unknown command \"dance\"");
    CHECK(instance.ask("nonsense").contains("error"));
    CHECK(instance.master->roster().generation() == 1);
    CHECK(instance.in("imap-login", WorkerState::unbound) == 1);
}

TEST_CASE("a second master on the same directory is refused with the pid of the first") {
    Instance instance(0);
    const auto second = enter_run_directory(instance.directory.path() + "/run", instance.master->plan().managed, ::getegid());
    REQUIRE_FALSE(second.has_value());
    CHECK(second.error().text.find(std::to_string(::getpid())) != std::string::npos);
}

TEST_CASE("a clean stop leaves no socket behind") {
    std::string run;
    test::WorkingDirectory outer;
    {
        Instance instance(1);
        REQUIRE(instance.until([&] { return instance.in("imap-login", WorkerState::unbound) == 1; }));
        instance.master->stop();
        instance.io.restart();
        instance.io.run_for(patience);
        for (const auto& entry : std::filesystem::recursive_directory_iterator(instance.directory.path() + "/run"))
            CHECK_FALSE(entry.is_socket());
    }
}

// ---- Workers that are forked

namespace {

struct Forking : Instance {
    explicit Forking(std::uint32_t spare, std::uint32_t limit = 50) : Instance(spare, limit, true) {
        REQUIRE(until([&] { return in("imap-login", WorkerState::unbound) == 1 && zygote_ready(); }));
    }
    bool zygote_ready() const { return zygote() != 0; }
    // The one that takes orders; 0: none.
    pid_t zygote() const {
        for (const auto& one : master->zygotes().zygotes())
            if (one.state == "zygote") return one.pid;
        return 0;
    }
    bool has_worker(std::size_t count) {
        return until([&] { return in("imap", WorkerState::bound) == count; });
    }
    static UniqueFd offer() { return std::move(net::connect_unix("login/imap", net::sequenced).value()); }
};

} // namespace

TEST_CASE("forked workers are the master's children, known to anvil, and cost it no descriptor") {
    std::size_t few = 0, many = 0;
    {
        Forking instance(2);
        few = test::own_descriptors();
    }
    {
        Forking instance(20);
        REQUIRE(instance.until([&] { return instance.in("imap", WorkerState::unbound) == 20; }));
        many = test::own_descriptors();
    }
    CHECK(few == many);
    Forking instance(0);
    const auto offer = Forking::offer();
    REQUIRE(instance.has_worker(1));
    const auto pid = instance.pids("imap").at(0);
    CHECK(instance.until([&] { return instance.logged("anvil", "started " + std::to_string(pid)); }));
    ::kill(pid, SIGKILL);
    CHECK(instance.until([&] { return instance.logged("anvil", "exited " + std::to_string(pid) + " unlinked"); }));
}

TEST_CASE("a zygote that is killed is replaced, and its workers live on") {
    Forking instance(0);
    const auto first = Forking::offer();
    REQUIRE(instance.has_worker(1));
    const auto worker = instance.pids("imap").at(0);
    const auto zygote = instance.zygote();
    ::kill(zygote, SIGKILL);
    REQUIRE(instance.until([&] { return instance.zygote_ready() && instance.zygote() != zygote; }));
    CHECK(instance.logged("master", "its zygote"));
    CHECK(instance.pids("imap").at(0) == worker);
    const auto second = Forking::offer();
    CHECK(instance.has_worker(2));
}

TEST_CASE("a zygote that is stopped is killed when it doesn't answer, and the start is made up for") {
    Forking instance(0);
    const auto zygote = instance.zygote();
    ::kill(zygote, SIGSTOP);
    siginfo_t stopped{};
    REQUIRE(::waitid(P_PID, static_cast<id_t>(zygote), &stopped, WSTOPPED) == 0);
    const auto offer = Forking::offer();
    CHECK(instance.has_worker(1));
    CHECK(instance.logged("master", "wasn't answered in time"));
    REQUIRE(instance.until([&] { return instance.zygote_ready(); }));
    CHECK(instance.zygote() != zygote);
}

TEST_CASE("crashes of workers give the next ones another zygote") {
    Forking instance(1);
    const auto zygote = instance.zygote();
    for (std::size_t i = 0; i < Zygotes::crashes_max; ++i) {
        REQUIRE(instance.until([&] { return instance.in("imap", WorkerState::unbound) == 1; }));
        const auto pid = instance.pids("imap").at(0);
        ::kill(pid, SIGABRT);
        REQUIRE(instance.until([&] { return !instance.master->roster().knows(pid); }));
        CHECK(instance.logged("master", "child " + std::to_string(pid) + " killed by signal 6 (SIGABRT)"));
    }
    REQUIRE(instance.until([&] { return instance.zygote_ready() && instance.zygote() != zygote; }));
    REQUIRE(instance.until([&] { return !instance.master->zygotes().knows(zygote); })); // it ended by itself
    CHECK_FALSE(instance.logged("master", "killing its zygote"));
}

TEST_CASE("a child that says HELLO for a start nobody waits for is killed") {
    Forking instance(0);
    const auto stranger = ::fork();
    REQUIRE(stranger >= 0);
    if (stranger == 0) {
        const auto notify = net::connect_unix("notify", net::datagram);
        if (!notify || !net::send_message(notify->get(), "HEARTH_HELLO=42")) ::_exit(1);
        for (;;) ::pause();
    }
    CHECK(instance.until([&] { return instance.logged("master", "nobody waits for it"); }));
    CHECK(instance.until([&] { return instance.logged("master", "which nobody started, killed by signal 9"); }));
}
