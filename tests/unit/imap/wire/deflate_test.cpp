// SPDX-License-Identifier: Apache-2.0
#include "wire/deflate.hpp"

#include <algorithm>
#include <doctest/doctest.h>
#include <random>

using namespace hearth;
using namespace hearth::imap;

namespace {

// Feeds `packed` in pieces and takes what comes out in pieces.
Result<std::string> unpack(Inflater& inflater, std::string_view packed, std::size_t in_piece, std::size_t out_piece) {
    std::string out;
    std::string room(out_piece, '\0');
    for (;;) {
        const auto made = inflater.inflate({room.data(), room.size()});
        if (!made) return made.error();
        out.append(room, 0, *made);
        if (*made > 0) continue;
        if (packed.empty()) return out;
        const auto piece = packed.substr(0, std::min(in_piece, inflater.room().size()));
        std::copy(piece.begin(), piece.end(), inflater.room().begin());
        inflater.commit(piece.size());
        packed.remove_prefix(piece.size());
    }
}

} // namespace

TEST_CASE("what was deflated inflates again, in whatever pieces") {
    std::mt19937 random(7);
    for (int round = 0; round < 30; ++round) {
        const auto deflater = Deflater::make();
        const auto inflater = Inflater::make();
        for (int message = 0; message < 5; ++message) {
            std::string text(random() % 100000, '\0');
            const bool dull = round % 2 == 0;
            for (auto& c : text)
                c = static_cast<char>(dull ? 'a' + random() % 3 : random());
            const std::string packed(deflater->compress(text));
            const auto again = unpack(*inflater, packed, 1 + random() % 9000, 1 + random() % 9000);
            REQUIRE(again);
            CHECK(*again == text);
            if (dull && text.size() > 1000) CHECK(packed.size() < text.size());
        }
    }
}

TEST_CASE("a small input that blows up is given out as there is room") {
    const auto deflater = Deflater::make();
    const auto inflater = Inflater::make();
    const std::string packed(deflater->compress(std::string(8 * 1024 * 1024, 'x')));
    REQUIRE(packed.size() < 16 * 1024);
    const auto again = unpack(*inflater, packed, 8192, 4096);
    REQUIRE(again);
    CHECK(again->size() == 8 * 1024 * 1024);
}

TEST_CASE("bytes that are no DEFLATE stream are an error, and so is one that ends") {
    const auto inflater = Inflater::make();
    CHECK(!unpack(*inflater, "\xff\xff\xff\xff\xff\xff", 100, 100));
    const auto ended = Inflater::make();
    CHECK(!unpack(*ended, std::string_view("\x03\x00more", 6), 100, 100));
}
