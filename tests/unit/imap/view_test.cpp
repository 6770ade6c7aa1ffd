// SPDX-License-Identifier: Apache-2.0
#include "view.hpp"

#include <algorithm>
#include <doctest/doctest.h>
#include <random>

using namespace hearth;
using namespace hearth::imap;

TEST_CASE("vanished messages are numbered as the client counts, whatever happened at once") {
    std::mt19937 engine(20160419);
    const auto random = [&] { return static_cast<std::uint32_t>(engine()); };
    for (int round = 0; round < 2000; ++round) {
        std::vector<std::uint32_t> client, mailbox;
        store::Changes changes;
        std::uint32_t uid = 0;
        for (int i = 0; i < 12; ++i) {
            uid += 1 + random() % 3;
            client.push_back(uid);
            if (random() % 3 == 0)
                changes.vanished.push_back(uid);
            else
                mailbox.push_back(uid);
        }
        for (auto i = random() % 4; i > 0; --i) {
            uid += 1 + random() % 3;
            mailbox.push_back(uid);
            changes.arrived.push_back(uid);
        }
        std::shuffle(changes.vanished.begin(), changes.vanished.end(), engine);
        std::vector<store::MessageRow> rows(mailbox.size());
        for (std::size_t i = 0; i < rows.size(); ++i)
            rows[i].uid = mailbox[i];
        for (const auto number : vanished_numbers(rows, changes)) {
            REQUIRE(number >= 1);
            REQUIRE(number <= client.size());
            client.erase(client.begin() + number - 1);
        }
        client.insert(client.end(), changes.arrived.begin(), changes.arrived.end());
        CHECK(client == mailbox);
    }
}
