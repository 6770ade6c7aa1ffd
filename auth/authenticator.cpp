// SPDX-License-Identifier: Apache-2.0
#include "authenticator.hpp"
#include "base/mask.hpp"
#include "base/random.hpp"
#include "base/text.hpp"
#include "log/log.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <span>

namespace hearth::auth {
namespace {

namespace asio = boost::asio;
using protocol::auth::Failure;

constexpr std::string_view userdb_prefix = "userdb_";

SuccessCache::BootKey random_key() {
    SuccessCache::BootKey key{};
    fill_random(std::as_writable_bytes(std::span(key)));
    return key;
}

// A hash that is checked in no time because it is none: "!", "{CRYPT}*", "".
bool is_locked(std::string_view stored) {
    if (stored.starts_with('{')) stored.remove_prefix(std::min(stored.find('}'), stored.size() - 1) + 1);
    return stored.empty() || stored.front() == '!' || stored.front() == '*';
}

Fields userdb_fields(const Fields& fields) {
    Fields result;
    for (const auto& [key, value] : fields)
        if (key.starts_with(userdb_prefix)) result.emplace(key.substr(userdb_prefix.size()), value);
    return result;
}

// Dovecot's username_filter: one mask must match if there are any, none of those with an exclamation mark may.
bool passes(const std::vector<std::string>& masks, const std::string& user) {
    bool wanted = false, matched = false;
    for (const auto& mask : masks) {
        const bool excludes = mask.starts_with('!');
        const bool matches = matches_mask(std::string_view(mask).substr(excludes ? 1 : 0), user);
        if (excludes && matches) return false;
        wanted = wanted || !excludes;
        matched = matched || (!excludes && matches);
    }
    return matched || !wanted;
}

} // namespace

struct Authenticator::Walk {
    Attempt attempt;
    Variables variables;                            // user is canonical
    std::shared_ptr<const Credentials> credentials; // shared with the pool's threads; null: a lookup without password
    Fields fields;                                  // what passdbs that succeeded said
    std::string reason;                             // why the last one did not
    std::string fault;                              // what is wrong with one that could not be asked
    bool took_time = false;                         // a hash was computed, or the cache stood in for one
    bool is_denied = false;
};

Authenticator::Authenticator(const Settings& settings, const Instance& instance, VerifierPool& pool, Verify verify)
    : settings_(settings),
      pool_(pool),
      verify_(std::move(verify)),
      users_(settings, instance, pool, passwd_files_),
      cache_(settings.cache, random_key()) {
    // Until a real one was seen: what `hearth pw` makes for most.
    auto made = generate("SHA512-CRYPT", "nobody's password");
    reference_ = Reference{made ? *made : std::string(), "CRYPT"};
}

std::vector<std::string> Authenticator::prepare() {
    auto sentences = users_.prepare();
    const auto load = [&](const Database& database, bool is_passdb) {
        if (database.driver != Driver::passwd_file || database.path.find('%') != std::string::npos) return;
        const auto file = passwd_files_.get(database.path, Clock::now());
        if (!file)
            sentences.push_back(fmt::format("{}: {}", database.label, file.error().text));
        else if (*file == nullptr)
            sentences.push_back(fmt::format("{}: passwd-file {} doesn't exist", database.label, database.path));
        else if (is_passdb)
            take_reference(**file, database.scheme);
    };
    for (const auto& passdb : settings_.passdbs)
        load(passdb, true);
    for (const auto& userdb : settings_.userdbs)
        load(userdb, false);
    return sentences;
}

void Authenticator::take_reference(const PasswdFile& file, const std::string& scheme) {
    for (const auto& [user, entry] : file.users) {
        if (is_locked(entry.password)) continue;
        reference_ = Reference{entry.password, scheme};
        return;
    }
}

asio::awaitable<Outcome> Authenticator::authenticate(Attempt attempt, Credentials credentials) {
    Walk walk;
    walk.attempt = std::move(attempt);
    walk.credentials = std::make_shared<const Credentials>(std::move(credentials));
    walk.variables.user = walk.credentials->user; // as typed, for a refusal
    walk.variables.service = walk.attempt.service;
    walk.variables.remote_ip = walk.attempt.remote_ip;
    walk.variables.local_ip = walk.attempt.local_ip;

    const auto user = canonical_user(walk.credentials->user, settings_.usernames);
    if (!user) {
        Refusal refusal{Failure::credentials, user.error().text};
        co_return co_await refuse(walk, std::move(refusal));
    }
    walk.variables.user = *user;
    if (const auto& other = walk.credentials->authorize_as; !other.empty()) {
        const auto canonical = canonical_user(other, settings_.usernames);
        if (!canonical || *canonical != *user) {
            Refusal refusal{Failure::credentials, "wants to act as another user, and there are no master users"};
            co_return co_await refuse(walk, std::move(refusal));
        }
    }
    const auto answer = co_await walk_passdbs(walk);
    if (answer != Answer::success) {
        const auto why = answer == Answer::failure ? Failure::credentials : Failure::temporary;
        Refusal refusal{why, answer == Answer::failure ? walk.reason : walk.fault};
        if (refusal.reason.empty()) refusal.reason = "there is no passdb for this user and mechanism";
        co_return co_await refuse(walk, std::move(refusal));
    }
    co_return co_await find_user(walk);
}

asio::awaitable<Outcome> Authenticator::identify(Attempt attempt, std::string typed_user) {
    Walk walk;
    walk.attempt = std::move(attempt);
    const auto user = canonical_user(typed_user, settings_.usernames);
    if (!user) co_return Refused{typed_user, Refusal{Failure::credentials, user.error().text}};
    walk.variables.user = *user;
    walk.variables.service = walk.attempt.service;
    const auto answer = co_await walk_passdbs(walk);
    if (answer == Answer::failure) co_return Refused{*user, Refusal{Failure::credentials, walk.reason}};
    if (answer == Answer::internal_failure) co_return Refused{*user, Refusal{Failure::temporary, walk.fault}};
    auto found = co_await users_.find(walk.variables, userdb_fields(walk.fields));
    if (auto* refusal = std::get_if<Refusal>(&found)) co_return Refused{*user, std::move(*refusal)};
    co_return std::get<protocol::Identity>(std::move(found));
}

asio::awaitable<Outcome> Authenticator::find_user(Walk& walk) {
    if (auto refusal = refuse_by_fields(walk.fields, walk.attempt.remote_ip))
        co_return Refused{walk.variables.user, std::move(*refusal)};
    auto found = co_await users_.find(walk.variables, userdb_fields(walk.fields));
    if (auto* refusal = std::get_if<Refusal>(&found)) co_return Refused{walk.variables.user, std::move(*refusal)};
    co_return std::get<protocol::Identity>(std::move(found));
}

// An unknown, denied or locked user costs as much time as a wrong password (reliability T15).
asio::awaitable<Refused> Authenticator::refuse(Walk& walk, Refusal refusal) {
    if (!walk.took_time && refusal.why == Failure::credentials) {
        const auto ignored = std::make_shared<Verification>();
        Reference reference = reference_;
        ++counters_.dummy_verifications;
        // Overload must not tell known from unknown users either.
        if (!co_await compute(ignored, std::move(reference), walk)) refusal = Refusal{Failure::temporary, walk.reason};
    }
    co_return Refused{walk.variables.user, std::move(refusal)};
}

asio::awaitable<Answer> Authenticator::walk_passdbs(Walk& walk) {
    Chain chain;
    for (const auto& passdb : settings_.passdbs) {
        if (!applies(passdb, walk) || chain.skips(passdb.rule)) continue;
        if (chain.verified()) walk.took_time = true;
        const bool look_only = chain.verified() || !walk.credentials;
        auto answer = Answer::failure;
        if (look_only && !passdb.deny) {
            auto stored = find_stored(passdb, walk.variables);
            if (!stored) walk.reason = stored.error().text;
            if (stored && !*stored) walk.reason = "unknown user";
            answer = !stored ? Answer::internal_failure : *stored ? Answer::success : Answer::failure;
            if (answer == Answer::success)
                for (auto& [key, value] : (*stored)->fields)
                    walk.fields[key] = std::move(value);
        } else {
            answer = co_await ask(passdb, walk);
        }
        if (answer == Answer::internal_failure) walk.fault = fmt::format("{}: {}", passdb.label, walk.reason);
        if (walk.is_denied) co_return Answer::failure;
        if (passdb.deny) {
            // Who can't be looked up in a list of the denied is not let in.
            if (answer == Answer::internal_failure) co_return answer;
            continue;
        }
        if (chain.settle(answer, passdb.rule)) break;
    }
    // Somebody gets in all the same, so nobody else would say it.
    if (chain.result() == Answer::success && !walk.fault.empty()) complain(walk.fault);
    co_return chain.result();
}

asio::awaitable<Answer> Authenticator::ask(const Database& passdb, Walk& walk) {
    auto stored = find_stored(passdb, walk.variables);
    if (!stored) {
        walk.reason = stored.error().text;
        co_return Answer::internal_failure;
    }
    if (!*stored) {
        if (walk.reason.empty()) walk.reason = "unknown user";
        co_return Answer::failure;
    }
    if (passdb.deny) {
        walk.is_denied = true;
        walk.reason = fmt::format("{} denies the user", passdb.label);
        co_return Answer::failure;
    }
    if (const auto refusal = refuse_by_network((*stored)->fields, walk.attempt.remote_ip)) {
        walk.reason = refusal->reason;
        co_return Answer::failure;
    }
    Fields fields = (*stored)->fields;
    const bool open_to_all = (*stored)->password.empty() && is_set(fields, "nopassword");
    if (!open_to_all) {
        const auto answer = co_await check_password(std::move(**stored), walk);
        if (answer != Answer::success) co_return answer;
    }
    for (auto& [key, value] : fields)
        walk.fields[key] = std::move(value);
    co_return Answer::success;
}

asio::awaitable<Answer> Authenticator::check_password(Stored stored, Walk& walk) {
    const auto& user = walk.variables.user;
    const auto key = cache_.key(
        user, walk.credentials->password.text(), stored.scheme + " " + stored.password, walk.attempt.service);
    if (const auto known = cache_.find(key, Clock::now())) {
        ++counters_.cache_hits;
        walk.took_time = true;
        if (!*known) walk.reason = "password mismatch";
        co_return *known ? Answer::success : Answer::failure;
    }
    const auto result = std::make_shared<Verification>();
    Reference against{std::move(stored.password), std::move(stored.scheme)};
    Reference as_reference = against;
    if (!co_await compute(result, std::move(against), walk)) co_return Answer::internal_failure;
    ++counters_.verifications;
    if (result->verdict == Verdict::unusable) {
        complain(fmt::format("user=<{}>: nobody can log in with what the passdb has: {}", user, result->reason));
        walk.reason = result->reason;
        co_return Answer::failure;
    }
    walk.took_time = true;
    reference_ = std::move(as_reference);
    const bool matches = result->verdict == Verdict::match;
    cache_.remember(key, matches, Clock::now());
    if (!matches) walk.reason = "password mismatch";
    co_return matches ? Answer::success : Answer::failure;
}

asio::awaitable<bool> Authenticator::compute(std::shared_ptr<Verification> result, Reference against, Walk& walk) {
    std::function<void()> work = [verify = verify_, result, against = std::move(against),
                                     credentials = walk.credentials] {
        *result = verify(against.stored, credentials->password.text(), against.scheme);
    };
    const bool computed = co_await pool_.run(std::move(work));
    if (!computed) {
        ++counters_.overloads;
        walk.reason = "auth is overloaded: too many passwords wait to be checked";
    }
    co_return computed;
}

void Authenticator::complain(const std::string& sentence) {
    if (const auto left_out = log_limit_.take(Clock::now())) {
        if (*left_out > 0) log::warning("{} lines about passdbs were left out", *left_out);
        log::error("{}", sentence);
    }
}

bool Authenticator::applies(const Database& passdb, const Walk& walk) const {
    const auto& mechanisms = passdb.mechanisms;
    const auto mechanism = walk.credentials ? to_upper(walk.attempt.mechanism) : "NONE"; // Dovecot's word for a lookup
    if (!mechanisms.empty() && std::find(mechanisms.begin(), mechanisms.end(), mechanism) == mechanisms.end())
        return false;
    return passes(passdb.username_filter, walk.variables.user);
}

Checked<std::optional<Authenticator::Stored>> Authenticator::find_stored(
    const Database& passdb, const Variables& variables) {
    Stored stored;
    stored.scheme = passdb.scheme;
    Fields templates = passdb.fields; // static
    if (passdb.driver == Driver::passwd_file) {
        const auto entry = passwd_files_.find(passdb.path, passdb.username_format, variables, Clock::now());
        if (!entry) return entry.error();
        if (!*entry) return std::optional<Stored>();
        stored.password = (*entry)->password;
        templates = (*entry)->fields;
        for (const auto& [key, value] : (*entry)->userdb_fields)
            templates.emplace(std::string(userdb_prefix) + key, value);
    }
    auto complete = complete_fields(passdb, {}, templates, variables);
    if (!complete) return complete.error();
    stored.fields = std::move(*complete);
    if (const auto password = stored.fields.find("password"); password != stored.fields.end()) {
        stored.password = password->second;
        stored.fields.erase(password);
    }
    return std::optional<Stored>(std::move(stored));
}

} // namespace hearth::auth
