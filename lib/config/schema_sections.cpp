// SPDX-License-Identifier: Apache-2.0
// The settings inside of sections.
#include "config/schema.hpp"

namespace hearth::config {
namespace {

constexpr auto in_service = Scope::service, in_unix = Scope::unix_listener, in_inet = Scope::inet_listener,
               in_passdb = Scope::passdb, in_userdb = Scope::userdb, in_namespace = Scope::name_space,
               in_mailbox = Scope::mailbox;
constexpr auto text = Type::string, yes_no = Type::boolean, count = Type::count, size = Type::size, time = Type::time,
               mode = Type::mode, one_of = Type::enumeration, words = Type::words, path = Type::path,
               share = Type::share;
constexpr std::uint64_t second = 1000, mib = 1024 * 1024;
constexpr std::string_view results = "return-ok return return-fail continue continue-ok continue-fail";

constexpr SettingSpec table[] = {
    {in_service, "protocol", text, "", "Started only if `protocols` names this; empty: always."},
    {in_service, "type", one_of, "", "What the processes are: login carries clients, worker becomes one user's.",
        {.values = "login worker anvil auth startup log config"}},
    {in_service, "executable", text, "", "Program, relative to libexec_dir, and its arguments."},
    {in_service, "user", text, "", "User (name or number) of the processes; empty: the master's until a worker binds."},
    {in_service, "group", text, "", "Primary group (name or number)."},
    {in_service, "privileged_group", text, "", "Group that Dovecot enables at times.", {.standing = Standing::idle}},
    {in_service, "extra_groups", words, "", "Supplementary groups."},
    {in_service, "chroot", path, "", "Chroot of the processes, relative to base_dir."},
    {in_service, "drop_priv_before_exec", yes_no, "no",
        "Become the user before the program starts; not together with chroot."},
    {in_service, "client_limit", count, "0", "Clients of one process at a time; 0: default_client_limit.",
        {.max = 1'000'000}},
    {in_service, "process_limit", count, "0", "Processes at most, starts in flight included; 0: default_process_limit.",
        {.max = 1'000'000}},
    {in_service, "process_min_avail", count, "0",
        "Processes kept ready for new clients; of a login service: how many there are.", {.max = 1'000'000}},
    {in_service, "process_limit_reserve", share, "5%",
        "How many of process_limit are kept free, by letting the longest idle leave: a count or a percentage, rounded "
        "down."},
    {in_service, "service_count", count, "unlimited", "Clients after which a process ends; 0 and `unlimited`: never.",
        {.also = "restart_request_count"}},
    {in_service, "idle_kill", time, "0",
        "How long a process without a client stays; 0: default_idle_kill; `infinite`: until room is needed.",
        {.standing = Standing::note,
            .sentence = "exact here: each process leaves this long after its last client; in Dovecot it is a period of "
                        "whose low-water mark as many are killed",
            .also = "idle_kill_interval"}},
    {in_service, "vsz_limit", size, "0", "Address space of one process; 0: default_vsz_limit.",
        {.standing = Standing::note,
            .sentence = "a limit of each process's address space (rlimit); a worker keeps it for its whole life"}},
    {in_service, "idle_memory_limit", size, "unlimited", "Memory that idle processes of the service may hold together.",
        {.min = mib}},
    {in_service, "worker_start", one_of, "fork",
        "How workers start: fork, from a prepared process (fast, small); exec, a fresh program with a memory layout of "
        "its own each.",
        {.values = "fork exec"}},
    {in_service, "evict_order", one_of, "longest-idle", "Which idle worker leaves when room is needed.",
        {.values = "longest-idle least-expected"}},
    {in_service, "reuse_port", yes_no, "no", "A listening socket for each process.", {.standing = Standing::idle}},

    {in_unix, "mode", mode, "0600", "File mode, octal; 0: no such listener."},
    {in_unix, "user", text, "", "Owner (name or number)."},
    {in_unix, "group", text, "", "Group (name or number)."},
    {in_unix, "type", text, "", "2.4's role of a listener.", {.standing = Standing::idle}},

    {in_inet, "address", words, "", "Addresses; empty: `listen`.", {.also = "listen"}},
    {in_inet, "port", count, "0", "TCP port; 0: no such listener.", {.max = 65535}},
    {in_inet, "ssl", yes_no, "no", "TLS from the first byte."},
    {in_inet, "haproxy", yes_no, "no", "The client's address comes in the PROXY protocol.",
        {.standing = Standing::refuse,
            .sentence = "the PROXY protocol is not built; let the proxy connect without it and list it in "
                        "login_trusted_networks"}},
    {in_inet, "reuse_port", yes_no, "no", "A listening socket for each process.", {.standing = Standing::idle}},
    {in_inet, "type", text, "", "2.4's role of a listener.", {.standing = Standing::idle}},

    {in_passdb, "driver", text, "", "passwd-file or static."},
    {in_passdb, "args", text, "", "Arguments of the driver: the file, scheme=, username_format=, password=, ...",
        {.secret = true}},
    {in_passdb, "default_fields", text, "", "Fields set before the driver is asked.", {.secret = true}},
    {in_passdb, "override_fields", text, "", "Fields set after the driver answered.", {.secret = true}},
    {in_passdb, "result_success", one_of, "return-ok", "What follows when the password is right.", {.values = results}},
    {in_passdb, "result_failure", one_of, "continue", "What follows when it is wrong, or the user unknown.",
        {.values = results}},
    {in_passdb, "result_internalfail", one_of, "continue", "What follows when the driver failed.", {.values = results}},
    {in_passdb, "skip", one_of, "never", "When this one is left out.",
        {.values = "never authenticated unauthenticated"}},
    {in_passdb, "master", yes_no, "no", "Its users are master users: they log in as others.",
        {.standing = Standing::note, .sentence = "there are no master users; this passdb is not asked"}},
    {in_passdb, "pass", yes_no, "no", "A match here goes on to the next one."},
    {in_passdb, "deny", yes_no, "no", "Who is found here is not let in."},
    {in_passdb, "mechanisms", words, "", "Only for these SASL mechanisms; empty: all."},
    {in_passdb, "username_filter", text, "", "Only for users that match; empty: all."},
    {in_passdb, "auth_verbose", one_of, "default", "auth_verbose for this one.", {.values = "default yes no"}},

    {in_userdb, "driver", text, "", "passwd-file, static, passwd or prefetch."},
    {in_userdb, "args", text, "", "Arguments of the driver: the file, uid=, gid=, home=, username_format=, ...",
        {.secret = true}},
    {in_userdb, "default_fields", text, "", "Fields set before the driver is asked.", {.secret = true}},
    {in_userdb, "override_fields", text, "", "Fields set after the driver answered.", {.secret = true}},
    {in_userdb, "result_success", one_of, "return-ok", "What follows when the user is found.", {.values = results}},
    {in_userdb, "result_failure", one_of, "continue", "What follows when the user is unknown.", {.values = results}},
    {in_userdb, "result_internalfail", one_of, "continue", "What follows when the driver failed.", {.values = results}},
    {in_userdb, "skip", one_of, "never", "When this one is left out.", {.values = "never found notfound"}},
    {in_userdb, "auth_verbose", one_of, "default", "auth_verbose for this one.", {.values = "default yes no"}},

    {in_namespace, "type", one_of, "private", "Whose mail it holds.", {.values = "private shared public"}},
    {in_namespace, "inbox", yes_no, "no", "INBOX is in this one; exactly one has it."},
    {in_namespace, "prefix", text, "", "Beginning of its mailbox names."},
    {in_namespace, "separator", text, "", "Byte between levels of a name; empty: the store's."},
    {in_namespace, "hidden", yes_no, "no", "Not told to clients by NAMESPACE."},
    {in_namespace, "list", one_of, "yes", "Whether LIST shows it.", {.values = "yes no children"}},
    {in_namespace, "subscriptions", yes_no, "yes", "It keeps its own subscriptions."},
    {in_namespace, "location", text, "", "Where its mail is; empty: mail_location."},
    {in_namespace, "disabled", yes_no, "no", "As if it were not there."},
    {in_namespace, "ignore_on_failure", yes_no, "no", "Go on without it when it can't be opened.",
        {.standing = Standing::idle}},
    {in_namespace, "order", count, "0", "Order among namespaces.", {.standing = Standing::idle}},

    {in_mailbox, "auto", one_of, "no", "Made at login: create, or create and subscribe.",
        {.values = "no create subscribe"}},
    {in_mailbox, "special_use", words, "", "RFC 6154 attributes.",
        {.values = "\\All \\Archive \\Drafts \\Flagged \\Important \\Junk \\Sent \\Trash"}},
    {in_mailbox, "autoexpunge", time, "0", "Messages older than this are expunged; 0: never.",
        {.standing = Standing::note,
            .sentence = "messages are not expunged by age yet; keep `doveadm expunge` in cron"}},
    {in_mailbox, "autoexpunge_max_mails", count, "0", "Messages kept at most.",
        {.standing = Standing::note,
            .sentence = "messages are not expunged by age yet; keep `doveadm expunge` in cron"}},
    {in_mailbox, "comment", text, "", "A remark.", {.standing = Standing::idle}},
    {in_mailbox, "driver", text, "", "Dovecot's driver for virtual mailboxes.",
        {.standing = Standing::refuse, .sentence = "virtual mailboxes are not built; remove the block"}},
};

} // namespace

std::span<const SettingSpec> section_settings() {
    return table;
}

} // namespace hearth::config
