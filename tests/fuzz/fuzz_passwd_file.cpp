// link: hearth_auth_core
// SPDX-License-Identifier: Apache-2.0
// Any text is a passwd-file, whose entries then go through variables, identity and a password check without harm.
#include "base/ensure.hpp"
#include "identity.hpp"
#include "passwd_file.hpp"
#include "password/password_scheme.hpp"
#include "protocol/grant.hpp"
#include "protocol/limits.hpp"

#include <algorithm>
#include <cstdint>
#include <string>

using namespace hearth;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto file = auth::parse_passwd_file(text);
    ensure(file.has_value(), "a small file was refused");
    ensure(file->users.size() <= static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1,
        "more users than lines");
    for (const auto& [user, entry] : file->users) {
        ensure(!user.empty() && user.size() <= protocol::user_bytes_max, "a user name out of bounds");
        ensure(user.find_first_of(std::string_view(":\n\0", 3)) == std::string::npos, "a user name holds a separator");
        auth::Variables variables;
        variables.user = user;
        (void)auth::expand(entry.fields, variables);
        (void)auth::refuse_by_fields(entry.fields, "192.0.2.1");
        // Real hashes would be computed: only those that are refused or cheap are tried.
        if (entry.password.find('$') == std::string::npos) (void)auth::verify_password(entry.password, "secret");

        auth::UserRecord record;
        record.user = user;
        record.uid = record.gid = 1000;
        record.fields = entry.userdb_fields;
        record.fields["home"] = entry.home;
        auth::Instance instance;
        instance.managed = true;
        instance.uid = instance.gid = 990;
        const auto made = auth::make_identity(record, instance);
        const auto* identity = std::get_if<protocol::Identity>(&made);
        if (identity == nullptr) continue;
        protocol::Grant grant;
        grant.service = "imap";
        grant.identity = *identity;
        const auto bytes = protocol::encode(grant);
        const auto read = protocol::decode_grant(bytes);
        ensure(read && read->identity == *identity, "an identity that was accepted doesn't survive its grant");
    }
    return 0;
}
