// SPDX-License-Identifier: Apache-2.0
#include "plan.hpp"
#include "config/load.hpp"
#include "identity.hpp"
#include "launch_spec.hpp"
#include "memfd.hpp"
#include "options.hpp"

#include <algorithm>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <unistd.h>

using namespace hearth;
using namespace hearth::master;

namespace {

// Programs that are there on any machine; users that are there too.
const std::string base = R"(
base_dir = /tmp/hearth-plan
protocols = imap
mail_location = maildir:~/Maildir
default_internal_user = daemon
default_internal_group = daemon
default_login_user = nobody
passdb {
  driver = static
  args = password=x
}
userdb {
  driver = static
  args = uid=1000 gid=1000 home=/home/%u
}
service anvil { executable = /bin/true }
service auth { executable = /bin/true
  user = mail
  group = mail
}
service imap { executable = /bin/true }
service imap-login { executable = /bin/true
  group = daemon
  inet_listener imap { port = 10143 }
}
service anvil { unix_listener login/anvil { group = daemon } }
service auth { unix_listener login/auth { group = daemon } }
service imap { unix_listener login/imap { group = daemon } }
)";

config::Settings settings(const std::string& more = "", bool managed = true) {
    config::LoadOptions options;
    options.managed = managed;
    const auto loaded = config::load_text(base + more, options);
    if (!loaded.settings) FAIL(loaded.text());
    return *loaded.settings;
}

Plan plan(const std::string& more = "", Self self = {0, 0}) {
    auto made = make_plan(settings(more, self.managed()), self);
    if (!made) FAIL(made.error().text);
    return std::move(*made);
}

std::string complaint(const std::string& more, Self self = {0, 0}) {
    const auto made = make_plan(settings(more, self.managed()), self);
    return made ? "" : made.error().text;
}

bool has(const std::vector<std::string>& words, std::string_view word) {
    return std::ranges::find(words, word) != words.end();
}

} // namespace

TEST_CASE("the plan of a managed instance has users, rights and sockets of each service") {
    const auto made = plan();
    const auto* anvil = made.service("anvil");
    const auto* auth = made.service("auth");
    const auto* imap = made.service("imap");
    const auto* login = made.service("imap-login");
    REQUIRE((anvil != nullptr && auth != nullptr && imap != nullptr && login != nullptr));
    CHECK(made.auth_uid == auth->uid);
    CHECK(made.login_uid == login->uid);
    CHECK(login->chroot == "/tmp/hearth-plan/login");
    CHECK(*login->capabilities == ((1ULL << CAP_SETUID) | (1ULL << CAP_SETGID) | (1ULL << CAP_SYS_CHROOT)));
    CHECK(*imap->capabilities == ((1ULL << CAP_SETUID) | (1ULL << CAP_SETGID) | (1ULL << CAP_CHOWN)));
    CHECK_FALSE(imap->uid);
    CHECK(imap->process_listener == "login/imap-%{pid}");
    CHECK(imap->rule.per_user);
    const auto type_of = [](const ServicePlan& service, std::string_view path) {
        const auto found = std::ranges::find(service.unix_sockets, path, &UnixSocketPlan::path);
        return found == service.unix_sockets.end() ? net::SocketType{} : found->type;
    };
    CHECK(type_of(*anvil, "anvil-report") == net::datagram);
    CHECK(type_of(*anvil, "anvil-master") == net::stream);
    CHECK(type_of(*imap, "login/imap") == net::sequenced);
    CHECK(type_of(*auth, "login/auth") == net::stream);
}

TEST_CASE("further addresses of a listener have names of their own") {
    const auto made = plan("listen = *, ::\n");
    const auto& sockets = made.service("imap-login")->inet_sockets;
    REQUIRE(sockets.size() == 2);
    CHECK(sockets[0].name == "imap");
    CHECK(sockets[1].name == "imap#2");
}

TEST_CASE("all missing users are told at once, with the commands that make them") {
    const auto text = complaint("default_login_user = hearth-nobody\nservice auth { user = hearth-auth-nobody }\n");
    CHECK(text.find("user \"hearth-nobody\" doesn't exist (wanted by default_login_user, service imap-login)") != std::string::npos);
    CHECK(text.find("    useradd --system --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin hearth-nobody\n") != std::string::npos);
    CHECK(text.find("    useradd --system --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin hearth-auth-nobody\n") != std::string::npos);
    CHECK(text.find("u hearth-auth-nobody -") != std::string::npos);
}

TEST_CASE("numeric users need no entry anywhere") {
    const auto made = plan("service auth { user = 54321; group = 54322 }\n");
    CHECK(made.auth_uid == 54321);
    CHECK(*made.service("auth")->gid == 54322);
}

TEST_CASE("auth's user is nobody else's, whatever it is called there") {
    // The configuration compares names; two names of one number are found here. Debian's "mail" is 8.
    CHECK(complaint("service anvil { user = 8 }\n").find("give auth a user of its own") != std::string::npos);
}

TEST_CASE("a mail user below first_valid_uid, or one that is a service's, is refused") {
    CHECK(complaint("mail_uid = games\n").find("first_valid_uid (500)") != std::string::npos);
    CHECK(complaint("mail_uid = mail\nfirst_valid_uid = 1\n").find("is the user of service auth") != std::string::npos);
}

TEST_CASE("a private instance switches no users and refuses a service that demands another") {
    const Self self{12345, 12345};
    const auto made = make_plan(settings("service auth { user = 12345 }\nservice imap-login { user = 12345 }\n", false), self);
    if (!made) FAIL(made.error().text);
    CHECK_FALSE(made->managed);
    CHECK_FALSE(made->service("imap-login")->uid);
    CHECK_FALSE(made->service("imap-login")->capabilities);
    CHECK(made->service("imap-login")->chroot.empty());
    CHECK(made->auth_uid == 12345);
    const auto text = complaint("service imap { user = 999 }\n", self);
    CHECK(text.find("service imap is to run as user 999, but this master isn't root") != std::string::npos);
}

TEST_CASE("a program that isn't there is told with its path") {
    CHECK(complaint("service imap { executable = /nonexistent/imap }\n").find("can't execute /nonexistent/imap: No such file") != std::string::npos);
}

TEST_CASE("a start has the environment and the descriptors of the contract") {
    const auto made = plan();
    LaunchContext context{.generation = 3, .epoch = 42, .master_pid = 7, .settings = 10, .life = 11, .key = 12, .null = 13, .log = 14, .reset_oom_score = true};
    context.listeners = {{"login/imap", 20}};
    const auto worker = make_launch_spec(made, *made.service("imap"), context);
    CHECK(worker.arguments.at(0) == "hearth/imap");
    CHECK(worker.descriptors == std::vector<std::pair<std::string, int>>{{"settings", 10}, {"life", 11}, {"login/imap", 20}});
    CHECK(has(worker.environment, "HEARTH_SERVICE=imap"));
    CHECK(has(worker.environment, "HEARTH_GENERATION=3"));
    CHECK(has(worker.environment, "HEARTH_INSTANCE=managed"));
    CHECK(has(worker.environment, "HEARTH_PROCESS_LISTENER=login/imap-%{pid}"));
    CHECK(has(worker.environment, "NOTIFY_SOCKET=/tmp/hearth-plan/notify"));
    CHECK(has(worker.environment, "HEARTH_AUTH_UID=" + std::to_string(made.auth_uid)));
    CHECK(has(worker.environment, "HEARTH_LOGIN_GID=" + std::to_string(made.login_gid)));
    CHECK(std::ranges::none_of(worker.environment, [](const auto& one) { return one.starts_with("HEARTH_UID=") || one.starts_with("HEARTH_EPOCH="); }));
    CHECK(worker.oom_score_adj == 0);
    CHECK(worker.core_bytes == 0);

    const auto anvil = make_launch_spec(made, *made.service("anvil"), context);
    CHECK(anvil.descriptors.at(2) == std::pair<std::string, int>{"key", 12});
    CHECK(has(anvil.environment, "HEARTH_EPOCH=42"));
    CHECK(has(anvil.environment, "HEARTH_UID=" + std::to_string(*made.service("anvil")->uid)));
    CHECK_FALSE(anvil.oom_score_adj);

    const auto login = make_launch_spec(made, *made.service("imap-login"), context);
    CHECK(has(login.environment, "HEARTH_CHROOT=/tmp/hearth-plan/login"));
    CHECK(std::ranges::none_of(login.descriptors, [](const auto& one) { return one.first == "key"; }));
    CHECK(*login.open_files >= 8 * made.service("imap-login")->client_limit);
}

TEST_CASE("a sealed file can be read by everybody who has it and written by nobody") {
    const auto fd = make_sealed("test", "content");
    REQUIRE(fd.has_value());
    char text[16]{};
    CHECK(::pread(fd->get(), text, sizeof text, 0) == 7);
    CHECK(::pwrite(fd->get(), "x", 1, 0) == -1);
    CHECK(::ftruncate(fd->get(), 0) == -1);
    CHECK((::fcntl(fd->get(), F_GETFD) & FD_CLOEXEC) != 0);
}

TEST_CASE("the command line names the file and settings that win") {
    const auto parse = [](std::vector<const char*> words) {
        words.insert(words.begin(), "master");
        return parse_options({const_cast<char* const*>(words.data()), words.size()});
    };
    const auto options = parse({"-c", "/etc/x.conf", "-o", "a=b", "-o", "c=d"});
    REQUIRE(options.has_value());
    CHECK(options->config == "/etc/x.conf");
    CHECK(options->overrides == std::vector<std::string>{"a=b", "c=d"});
    CHECK(parse({"-c", "x.conf"})->config.starts_with('/'));
    CHECK_FALSE(parse({"-c"}).has_value());
    CHECK_FALSE(parse({"--help"}).has_value());
}
