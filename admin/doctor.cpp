// SPDX-License-Identifier: Apache-2.0
// `doctor`: looks at the machine with the configuration in hand. Each finding says what to do; the exit code says
// whether something is wrong (1) or only could be better (0).
#include "commands.hpp"
#include "control_client.hpp"
#include "table.hpp"

#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <fstream>
#include <grp.h>
#include <optional>
#include <pwd.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace hearth::admin {
namespace {

enum class Verdict { good, advice, wrong };

class Report {
public:
    void add(Verdict verdict, std::string text) {
        static constexpr const char* marks[] = {"ok    ", "advice", "WRONG "};
        fmt::print("{}  {}\n", marks[static_cast<int>(verdict)], text);
        wrong_ = wrong_ || verdict == Verdict::wrong;
    }
    [[nodiscard]] bool is_wrong() const { return wrong_; }

private:
    bool wrong_ = false;
};

std::optional<std::uint64_t> kernel_number(const char* path) {
    std::ifstream file(path);
    std::uint64_t value = 0;
    if (!(file >> value)) return std::nullopt;
    return value;
}

bool is_number(const std::string& name) {
    return !name.empty() && name.find_first_not_of("0123456789") == std::string::npos;
}

void look_at_users(Report& report, const config::Settings& settings) {
    if (::geteuid() != 0) {
        report.add(Verdict::advice, "private instance: all processes and all users' mail share your uid. There are no walls "
                                    "between users here; run as root where users don't trust each other");
        return;
    }
    for (const auto& service : settings.services) {
        if (service.user.empty() || is_number(service.user) || ::getpwnam(service.user.c_str()) != nullptr) continue;
        report.add(Verdict::wrong, fmt::format("service {} wants user {}, which doesn't exist: "
            "useradd --system --no-create-home --shell /usr/sbin/nologin {}", service.name, service.user, service.user));
    }
}

void look_at_kernel(Report& report, const config::Settings& settings) {
    if (const auto length = kernel_number("/proc/sys/net/unix/max_dgram_qlen"); length && *length < 512) {
        report.add(Verdict::advice, fmt::format("net.unix.max_dgram_qlen is {}: reports of workers may have to wait under load. "
            "A master that is root raises it to 512 by itself; else: sysctl -w net.unix.max_dgram_qlen=512", *length));
    }
    std::uint64_t processes = 0;
    for (const auto& service : settings.services) processes += service.process_limit;
    if (const auto pids = kernel_number("/proc/sys/kernel/pid_max"); pids && *pids < processes * 2) {
        report.add(Verdict::advice, fmt::format("kernel.pid_max is {}, the process_limits sum up to {}: "
            "sysctl -w kernel.pid_max={}", *pids, processes, 4194304));
    }
    if (const auto instances = kernel_number("/proc/sys/fs/inotify/max_user_instances"); instances && *instances < 1024) {
        report.add(Verdict::advice, fmt::format("fs.inotify.max_user_instances is {}: with one uid for all mail, more IDLE "
            "connections than that are served by polling. sysctl -w fs.inotify.max_user_instances=16384", *instances));
    }
    constexpr long fchmodat2 = 452;
    if (::syscall(fchmodat2, -1, "", 0, 0) != 0 && errno == ENOSYS)
        report.add(Verdict::advice, "this kernel has no fchmodat2 (6.6): gates are moved through /proc/self/fd, which works as well");
}

void look_at_limits(Report& report, const config::Settings& settings) {
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    for (const auto& service : settings.services) {
        const std::uint64_t needed = std::uint64_t{service.client_limit} * 3 + 32;
        if (service.kind == config::ServiceKind::login && needed > files.rlim_max) {
            report.add(Verdict::wrong, fmt::format("{} with client_limit = {} needs {} descriptors (3 a client and 32), the hard limit "
                "is {}: lower client_limit, or raise LimitNOFILE", service.name, service.client_limit, needed, files.rlim_max));
        }
    }
}

void look_at_instance(Report& report, const config::Settings& settings) {
    boost::json::object ping;
    ping["cmd"] = "ping";
    const auto master = ask(control_socket(settings, "master"), ping);
    if (!master) {
        report.add(Verdict::advice, "not running, or not to be reached: " + master.error().text);
        return;
    }
    report.add(Verdict::good, "the master answers on " + control_socket(settings, "master"));
    boost::json::object stats;
    stats["cmd"] = "stats";
    const auto anvil = ask(control_socket(settings, "anvil-admin"), stats);
    report.add(anvil ? Verdict::good : Verdict::wrong, anvil ? "anvil answers" : "anvil: " + anvil.error().text);
}

} // namespace

int doctor(const Common& common) {
    config::LoadOptions options;
    options.managed = ::geteuid() == 0;
    const auto loaded = config::load(common.config, options);
    Report report;
    if (!loaded.settings) {
        fmt::print("{}", loaded.text());
        report.add(Verdict::wrong, fmt::format("{} has errors: nothing starts before they are mended", common.config));
        return exit_failed;
    }
    report.add(Verdict::good, fmt::format("{} is good ({} notes; `hearth check` shows them)", common.config, loaded.notes.size()));
    look_at_users(report, *loaded.settings);
    look_at_kernel(report, *loaded.settings);
    look_at_limits(report, *loaded.settings);
    look_at_instance(report, *loaded.settings);
    return report.is_wrong() ? exit_failed : exit_ok;
}

} // namespace hearth::admin
