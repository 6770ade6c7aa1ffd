// SPDX-License-Identifier: Apache-2.0
#include "roster_machine.hpp"

#include <doctest/doctest.h>

using namespace hearth;
using namespace hearth::master;
using namespace hearth::test;
using namespace std::chrono_literals;

TEST_CASE("a reload keeps anvil, starts auth, then logins, and only then ends the old ones") {
    Machine stage;
    stage.configure({anvil, auth, imap(10, 1), login});
    stage.all_ready();
    stage.bind(1);
    stage.seen.clear();
    stage.spawned.clear();
    stage.configure({anvil, auth, imap(10, 1), login}, 2);
    CHECK(stage.service("anvil").live() == 1);
    CHECK(stage.service("auth").live() == 2);
    CHECK(stage.taken<SignalRetire>().size() == 2); // the bound and the spare worker
    CHECK(stage.taken<Terminate>().empty());
    CHECK(stage.service("imap-login").live() == 2);
    stage.ready(stage.spawned.at(0)); // auth
    CHECK(stage.taken<Terminate>().empty());
    stage.ready(stage.spawned.at(1)); // the new spare worker
    CHECK(stage.service("imap-login").live() == 4);
    stage.ready(stage.spawned.at(2));
    CHECK(stage.taken<SignalRetire>().empty());
    stage.ready(stage.spawned.at(3));
    CHECK(stage.taken<SignalRetire>().size() == 3); // two logins and auth
    CHECK(stage.taken<Terminate>().empty());        // their clients are served
    CHECK(stage.taken<Settled>().size() == 1);
}

TEST_CASE("a reload whose auth doesn't get ready keeps the old logins") {
    Machine stage;
    stage.configure({anvil, auth, login});
    stage.all_ready();
    stage.configure({anvil, auth, login}, 2);
    stage.seen.clear();
    for (int i = 0; i < 50; ++i) {
        for (const auto& process : stage.roster.processes()) {
            if (process.state != WorkerState::starting) continue;
            CHECK(process.service == "auth"); // no new login without it
            stage.roster.exited(process.pid, false, stage.now);
        }
        stage.settle();
        stage.wait(1s);
    }
    CHECK(stage.taken<Terminate>().empty());
    CHECK(stage.taken<SignalRetire>().empty());
    CHECK(stage.in("imap-login", WorkerState::unbound) == 2);
    CHECK(stage.in("auth", WorkerState::unbound) == 1);
}

TEST_CASE("a worker that starts while the configuration changes is retired when it is ready, not before") {
    Machine stage;
    stage.configure({anvil, imap(10, 1)});
    stage.ready(100);
    stage.configure({anvil, imap(10, 1)}, 2);
    CHECK(stage.taken<SignalRetire>().empty());
    stage.ready(101);
    CHECK(stage.taken<SignalRetire>().size() == 1);
}

TEST_CASE("a service that is gone from the configuration is ended and forgotten") {
    Machine stage;
    stage.configure({anvil, imap(10, 1), login});
    stage.all_ready();
    stage.configure({anvil}, 2);
    CHECK(stage.taken<SignalRetire>().size() == 3); // a spare worker, two logins
    for (const auto& process : stage.roster.processes())
        if (process.service != "anvil") stage.roster.exited(process.pid, true, stage.now);
    stage.settle();
    CHECK(stage.roster.services(stage.now).size() == 1);
}

TEST_CASE("a stop of very many workers waits while some of them end, a minute at most, and one line tells of the rest") {
    Machine stage;
    stage.configure({anvil, auth, imap(20, 9)});
    stage.all_ready();
    stage.roster.stop(true, stage.now);
    stage.settle();
    std::vector<pid_t> workers;
    for (const auto& process : stage.roster.processes())
        if (process.service == "imap") workers.push_back(process.pid);
    REQUIRE(workers.size() == 9);
    const auto end_one = [&] {
        stage.roster.exited(workers.back(), true, stage.now);
        workers.pop_back();
        stage.settle();
    };
    SUBCASE("after ten seconds in which nobody ended") {
        for (int i = 0; i < 3; ++i) {
            stage.wait(8s);
            end_one();
        }
        stage.wait(9s);
        CHECK(stage.taken<Kill>().empty());
        stage.seen.clear();
        stage.wait(1s);
    }
    SUBCASE("after a minute, whoever ends") {
        for (int i = 0; i < 7; ++i) {
            stage.wait(8s);
            end_one();
        }
        CHECK(stage.taken<Kill>().empty());
        stage.seen.clear();
        stage.wait(5s);
    }
    CHECK(stage.taken<Kill>().size() == workers.size());
    CHECK(stage.taken<Remark>().size() == 1);
}

TEST_CASE("stopping ends logins, then workers, then auth and anvil") {
    Machine stage;
    stage.configure({anvil, auth, imap(10, 1), login});
    stage.all_ready();
    stage.seen.clear();
    stage.roster.stop(true, stage.now);
    stage.settle();
    CHECK(stage.taken<Terminate>().size() == 2);
    const auto end_all = [&](std::string_view service) {
        for (const auto& process : stage.roster.processes())
            if (process.service == service) stage.roster.exited(process.pid, true, stage.now);
        stage.settle();
    };
    end_all("imap-login");
    CHECK(stage.taken<Terminate>().size() == 1);

    SUBCASE("all obey") {
        end_all("imap");
        CHECK(stage.taken<Terminate>().size() == 2);
        end_all("auth");
        CHECK(stage.taken<Stopped>().empty());
        end_all("anvil");
        CHECK(stage.taken<Stopped>().size() == 1);
        CHECK(stage.spawned.size() == 5); // nothing was started meanwhile
    }
    SUBCASE("a worker that doesn't is killed after ten seconds") {
        stage.wait(9s);
        CHECK(stage.taken<Kill>().empty());
        stage.wait(1s);
        CHECK(stage.taken<Kill>().size() == 1);
        stage.wait(20s);
        CHECK(stage.taken<Stopped>().size() == 1);
    }
}
