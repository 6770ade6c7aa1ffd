// SPDX-License-Identifier: Apache-2.0
#include "store/maildir/message_file.hpp"

#include "disk_fixture.hpp"
#include "mail/message.hpp"

#include <random>
#include <zlib.h>
#include <zstd.h>

using namespace hearth;
using namespace hearth::store;

namespace {

std::string gzip(const std::string& text) {
    z_stream state{};
    REQUIRE(::deflateInit2(&state, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    std::string packed(::deflateBound(&state, text.size()) + 64, '\0');
    std::string input = text;
    state.next_in = reinterpret_cast<unsigned char*>(input.data());
    state.avail_in = static_cast<unsigned>(input.size());
    state.next_out = reinterpret_cast<unsigned char*>(packed.data());
    state.avail_out = static_cast<unsigned>(packed.size());
    REQUIRE(::deflate(&state, Z_FINISH) == Z_STREAM_END);
    packed.resize(packed.size() - state.avail_out);
    ::deflateEnd(&state);
    return packed;
}

std::string zstd(const std::string& text) {
    std::string packed(::ZSTD_compressBound(text.size()), '\0');
    packed.resize(::ZSTD_compress(packed.data(), packed.size(), text.data(), text.size(), 3));
    return packed;
}

std::string stored_text(std::size_t size, unsigned seed) {
    std::mt19937 random(seed);
    std::string text;
    while (text.size() < size) {
        text.append(random() % 70, static_cast<char>('a' + random() % 26));
        text += random() % 10 == 0 ? "\r\n" : random() % 50 == 0 ? "\r" : "\n";
    }
    return text;
}

Slice spent_slice() {
    const auto slice = Slice::from_now();
    while (!slice.is_over()) {
    }
    return slice;
}

MessageFile open_or_fail(const Disk& disk, const std::string& bytes) {
    disk.write("m", bytes);
    auto file = MessageFile::open(disk.at(), "m");
    REQUIRE(file.has_value());
    return std::move(*file);
}

} // namespace

TEST_CASE("plain, gzip and zstd files give the same message") {
    const Disk disk;
    for (const std::size_t size : {0, 1, 1000, 64 * 1024, 300000}) {
        const auto stored = stored_text(size, 3);
        const auto wanted = mail::to_crlf(stored);
        for (const auto& bytes : {stored, gzip(stored), zstd(stored)}) {
            auto file = open_or_fail(disk, bytes);
            CHECK(file.read().value() == wanted);
            CHECK(file.virtual_size(Slice::unlimited()).value() == wanted.size());
            CHECK(file.read(0, 10).value() == wanted.substr(0, 10));
        }
    }
}

TEST_CASE("any ranges in any order are those of the whole") {
    const Disk disk;
    const auto stored = stored_text(200000, 5);
    const auto wanted = mail::to_crlf(stored);
    std::mt19937 random(17);
    for (const auto& bytes : {stored, gzip(stored), zstd(stored)}) {
        auto file = open_or_fail(disk, bytes);
        for (int round = 0; round < 40; ++round) {
            const auto offset = random() % (wanted.size() + 1000), count = random() % 100000;
            const auto expected = offset < wanted.size() ? wanted.substr(offset, count) : std::string();
            CHECK(file.read(offset, count).value() == expected);
        }
        std::string joined;
        for (std::size_t at = 0; at < wanted.size(); at += 4000)
            joined += file.read(at, 4000).value();
        CHECK(joined == wanted);
    }
}

TEST_CASE("a line end between two blocks is still one") {
    const Disk disk;
    for (const std::size_t before : {65534, 65535, 65536, 65537})
        for (const std::string ending : {"\n", "\r\n", "\r\r\n", "\n\n"}) {
            const auto stored = std::string(before, 'x') + ending + "y";
            CHECK(open_or_fail(disk, stored).read().value() == mail::to_crlf(stored));
        }
}

TEST_CASE("several packed streams in one file are one message") {
    const Disk disk;
    CHECK(open_or_fail(disk, gzip("a\n") + gzip("b\n")).read().value() == "a\r\nb\r\n");
    CHECK(open_or_fail(disk, zstd("a\n") + zstd("b\n")).read().value() == "a\r\nb\r\n");
}

TEST_CASE("packed bytes that are cut off or damaged are an error, never a short message") {
    const Disk disk;
    const auto stored = stored_text(100000, 9);
    for (const auto& whole : {gzip(stored), zstd(stored)}) {
        for (const std::size_t cut : {std::size_t{12}, whole.size() / 2, whole.size() - 1}) {
            auto file = open_or_fail(disk, whole.substr(0, cut));
            CHECK(file.read().error() == make_error_code(Error::corrupt));
        }
        auto damaged = whole;
        for (std::size_t i = damaged.size() / 2; i < damaged.size() / 2 + 20; ++i)
            damaged[i] = static_cast<char>(~damaged[i]);
        auto file = open_or_fail(disk, damaged);
        const auto text = file.read();
        CHECK((!text || *text != mail::to_crlf(stored)));
    }
}

TEST_CASE("a message is read, and measured, in slices; a range that is read in between begins it anew") {
    const Disk disk;
    const auto over = spent_slice();
    const auto stored = stored_text(600000, 4);
    const auto wanted = mail::to_crlf(stored);
    for (const auto& bytes : {stored, gzip(stored), zstd(stored)}) {
        auto file = open_or_fail(disk, bytes);
        const auto read_slowly = [&](int most) {
            std::optional<std::string> text;
            for (int i = 0; i < most && !text; ++i) text = file.read_on(over).value();
            return text;
        };
        CHECK(!read_slowly(2));
        CHECK(file.read(5, 10).value() == wanted.substr(5, 10));
        CHECK(read_slowly(100) == wanted);
        CHECK(read_slowly(100) == wanted);
        auto measured = open_or_fail(disk, bytes);
        CHECK(!measured.virtual_size(over).value());
        int slices = 1;
        while (!measured.virtual_size(over).value()) ++slices;
        CHECK(slices > 2);
        CHECK(measured.virtual_size(over).value() == wanted.size());
    }
}

TEST_CASE("a message of one block is read, and measured, at once, however little time there is") {
    const Disk disk;
    const auto over = spent_slice();
    const std::string stored = "Subject: x\n\nbody\n";
    for (const auto& bytes : {stored, gzip(stored), zstd(stored)}) {
        CHECK(open_or_fail(disk, bytes).read_on(over).value() == mail::to_crlf(stored));
        CHECK(open_or_fail(disk, bytes).virtual_size(over).value() == mail::to_crlf(stored).size());
    }
}

TEST_CASE("small plain files are read at once, others are left for slices") {
    const Disk disk;
    disk.write("small", "a\nb\n");
    CHECK(MessageFile::read_whole(disk.at(), "small").value() == "a\r\nb\r\n");
    disk.write("packed", gzip("a\n"));
    CHECK(MessageFile::read_whole(disk.at(), "packed").error() == make_error_code(Error::unfinished));
    disk.write("large", std::string(MessageFile::read_at_once + 1, 'x'));
    CHECK(MessageFile::read_whole(disk.at(), "large").error() == make_error_code(Error::unfinished));
}

TEST_CASE("forms that aren't read are refused by name") {
    const Disk disk;
    const std::pair<std::string, const char*> cases[] = {
        {std::string("CRYPTED\x03\x07 rest"), "mail-crypt"},
        {std::string("BZh9\x31\x41\x59\x26\x53\x59 rest"), "bzip2"},
        {std::string("\xfd\x37zXZ\0 rest", 11), "xz"},
        {std::string("Dovecot-LZ4\x0d\x2a\x9b\xc5 rest"), "lz4"},
    };
    for (const auto& [bytes, name] : cases) {
        disk.write("m", bytes);
        std::string reason;
        CHECK(MessageFile::open(disk.at(), "m", &reason).error() == make_error_code(Error::unsupported));
        CHECK(reason.find(name) != std::string::npos);
    }
    CHECK(open_or_fail(disk, "BZh9 is how this plain mail begins\n").read().value().starts_with("BZh9 is"));
}

TEST_CASE("what unpacks to more than a message may have ends with too_big") {
    const Disk disk;
    const std::string zeros(64 << 20, '\0');
    const auto part = zstd(zeros);
    std::string bomb;
    for (int i = 0; i < 5; ++i)
        bomb += part;
    auto file = open_or_fail(disk, bomb);
    CHECK(file.virtual_size(Slice::unlimited()).error() == make_error_code(Error::too_big));
    CHECK(file.read(0, 10).value() == std::string(10, '\0'));
}

TEST_CASE("a header is read without the body") {
    const Disk disk;
    CHECK(open_or_fail(disk, "A: b\nC: d\n\nbody\n").header(1000).value() == "A: b\r\nC: d\r\n\r\n");
    CHECK(open_or_fail(disk, "\nbody\n").header(1000).value() == "\r\n");
    CHECK(open_or_fail(disk, "A: b").header(1000).value() == "A: b");
    CHECK(open_or_fail(disk, "A: b\n\n").header(3).value() == "A: ");
    const auto long_header = "A: " + std::string(200000, 'x') + "\n\nbody\n";
    CHECK(open_or_fail(disk, long_header).header(1 << 20).value().size() == 200000 + 7);
    for (std::size_t before = 65529; before < 65540; ++before) {
        auto file = open_or_fail(disk, "A: " + std::string(before, 'x') + "\n\nbody\n");
        CHECK(file.header(1 << 20).value().size() == before + 7);
    }
}

TEST_CASE("only regular files are opened, and links aren't followed") {
    const Disk disk;
    REQUIRE(::mkfifoat(disk.at(), "pipe", 0600) == 0);
    CHECK_FALSE(MessageFile::open(disk.at(), "pipe").has_value());
    std::filesystem::create_symlink("/etc/passwd", disk.path / "link");
    CHECK_FALSE(MessageFile::open(disk.at(), "link").has_value());
    CHECK(MessageFile::open(disk.at(), "gone").error() == boost::system::errc::no_such_file_or_directory);
}
