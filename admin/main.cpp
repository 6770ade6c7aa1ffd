// SPDX-License-Identifier: Apache-2.0
// The administrator's command. Everything it says of a running instance it asks over the control sockets.
#include "commands.hpp"

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <functional>

using namespace hearth::admin;

int main(int argc, char** argv) {
    CLI::App app("hearth: a mail server master that keeps each user's worker warm");
    app.require_subcommand(1);
    app.set_version_flag("--version", "hearth " HEARTH_VERSION);
    app.fallthrough();

    Common common;
    if (const char* file = std::getenv("HEARTH_CONFIG")) common.config = file;
    app.add_option("-c,--config", common.config, "configuration file")->capture_default_str();
    app.add_flag("--json", common.json, "print JSON, one object a line");

    std::function<int()> run;
    const auto command = [&](CLI::App& parent, const char* name, const char* text, auto function) {
        auto* sub = parent.add_subcommand(name, text);
        sub->callback([&run, function] { run = function; });
        return sub;
    };

    ServeOptions serve_options;
    auto* serve_command = command(app, "serve", "run the instance in the foreground", [&] { return serve(common, serve_options); });
    serve_command->add_option("-o", serve_options.overrides, "a setting that wins over the file, e.g. base_dir=/tmp/x");
    command(app, "stop", "end the instance", [&] { return stop(common); });
    command(app, "reload", "read the configuration again", [&] { return reload(common); });
    command(app, "check", "look for mistakes in the configuration", [&] { return check(common); });

    ConfOptions conf_options;
    auto* conf_command = command(app, "conf", "print the configuration in force, each value with its origin", [&] { return conf(common, conf_options); });
    conf_command->add_flag("-n", conf_options.only_changed, "only what is not a default");
    conf_command->add_flag("-P", conf_options.secrets, "show passwords");
    conf_command->add_option("name", conf_options.names, "print the values of these settings only");

    WhoOptions who_options;
    auto* who_command = command(app, "who", "list users, sessions and warm workers", [&] { return who(common, who_options); });
    who_command->add_flag("-v,--verbose", who_options.verbose, "a line per worker: state, hits, age, idle time, memory");
    who_command->add_option("mask", who_options.masks, "user masks (* and ?), addresses or nets (10.0.0.0/8)");

    KickOptions kick_options;
    auto* kick_command = command(app, "kick", "end sessions", [&] { return kick(common, kick_options); });
    kick_command->add_option("user", kick_options.user, "user mask (* and ?)")->required();
    kick_command->add_option("ip", kick_options.ip, "address or net");

    auto* service = app.add_subcommand("service", "about services");
    service->require_subcommand(1);
    command(*service, "status", "limits, processes and counters of each service", [&] { return service_status(common); });
    auto* process = app.add_subcommand("process", "about processes");
    process->require_subcommand(1);
    command(*process, "status", "every process the master knows", [&] { return process_status(common); });
    auto* log = app.add_subcommand("log", "about the log");
    log->require_subcommand(1);
    command(*log, "errors", "the latest warnings and errors", [&] { return log_errors(common); });
    TopOptions top_options;
    auto* top_command = command(app, "top", "services and busy users, live; q ends", [&] { return top(common, top_options); });
    top_command->add_flag("-1,--once", top_options.once, "print one picture and exit (so it does without a terminal)");
    top_command->add_option("-n", top_options.users, "users in that picture")->capture_default_str();
    command(app, "sizing", "what another process_limit would gain and cost", [&] { return sizing(common); });
    command(app, "doctor", "look for what is missing, and say what to do", [&] { return doctor(common); });

    PwOptions pw_options;
    auto* pw_command = command(app, "pw", "make a password hash", [&] { return pw(common, pw_options); });
    pw_command->add_option("-s,--scheme", pw_options.scheme, "hash scheme, e.g. SHA512-CRYPT or ARGON2ID");
    pw_command->add_option("-p,--password", pw_options.password, "the password (else it is asked for)");
    pw_command->add_flag("-l,--list", pw_options.list, "list the schemes");

    auto* auth = app.add_subcommand("auth", "about authentication");
    auth->require_subcommand(1);
    AuthTestOptions auth_options;
    auto* test_command = command(*auth, "test", "check a user's password", [&] { return auth_test(common, auth_options); });
    test_command->add_option("user", auth_options.user)->required();
    test_command->add_option("password", auth_options.password, "else it is asked for");

    std::vector<std::string> users;
    auto* user_command = command(app, "user", "what is known of users: uid, gid, home, mail", [&] { return user(common, users); });
    user_command->add_option("user", users)->required();

    auto* mailbox = app.add_subcommand("mailbox", "about a user's mailboxes");
    mailbox->require_subcommand(1);
    MailboxOptions mailbox_options;
    auto* mailbox_command = command(*mailbox, "status", "messages, sizes and UIDs of each mailbox", [&] { return mailbox_status(common, mailbox_options); });
    mailbox_command->add_option("user", mailbox_options.user)->required();
    mailbox_command->add_option("mask", mailbox_options.mask, "mailbox mask (* and ?)");

    auto* index = app.add_subcommand("index", "about a user's index, which can always be made anew");
    index->require_subcommand(1);
    std::string index_user;
    command(*index, "check", "compare it with the mail, and mend what differs", [&] { return index_check(common, index_user); })
        ->add_option("user", index_user)->required();
    command(*index, "rebuild", "set it aside and make it anew from the mail", [&] { return index_rebuild(common, index_user); })
        ->add_option("user", index_user)->required();

    BackupOptions backup_options;
    auto* backup_command = command(app, "backup", "copy a user's mail and databases while they are in use", [&] { return backup(common, backup_options); });
    backup_command->add_option("user", backup_options.user)->required();
    backup_command->add_option("directory", backup_options.directory, "a new directory, made for the copy")->required();

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        const int code = app.exit(error);
        return code == 0 ? exit_ok : exit_usage;
    }
    return run();
}
