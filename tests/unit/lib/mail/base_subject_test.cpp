// SPDX-License-Identifier: Apache-2.0
#include "mail/base_subject.hpp"

#include "base/text.hpp"

#include <doctest/doctest.h>

#include <random>
#include <utility>

using namespace hearth::mail;

TEST_CASE("the base subject is what RFC 5256 section 2.1 extracts") {
    const std::pair<const char*, const char*> cases[] = {
        {"", ""},
        {"hello", "hello"},
        {"  hello \t world ", "hello world"},
        {"Re: hello", "hello"},
        {"RE:hello", "hello"},
        {"re : hello", "hello"},
        {"Fw: hello", "hello"},
        {"Fwd: hello", "hello"},
        {"FWD: Re: FW: hello", "hello"},
        {"Re[2]: hello", "hello"},
        {"Re [2] : hello", "hello"},
        {"Re[[2]: hello", "Re[[2]: hello"},
        {"Re: [list] hello", "hello"},
        {"[list] Re: hello", "hello"},
        {"[a] [b] re: [c] hello", "hello"},
        {"[a][b]Re: [c] Fwd: [d] hello (fwd)", "hello"},
        {"hello (fwd)", "hello"},
        {"hello (FWD)(fwd)  (fwd) ", "hello"},
        {"(fwd)", ""},
        {"Re:", ""},
        {"Re: Re:", ""},
        {"[list]", "[list]"},
        {"[a] [b]", "[b]"},
        {"Re: [list]", "[list]"},
        {"[fwd: hello]", "hello"},
        {"[Fwd: Re: hello (fwd)]", "hello"},
        {"[fwd: [fwd: hello]]", "hello"},
        {"Re: [Fwd: [list] hello]", "hello"},
        {"[fwd: hello", "[fwd: hello"},
        {"[fwd: hello] more", "more"},
        {"Regarding: hello", "Regarding: hello"},
        {"reply", "reply"},
        {"Fwdd: x", "Fwdd: x"},
        {"Aw: hello", "Aw: hello"},
        {"[a]b]", "b]"},
        {"a [b]", "a [b]"},
        {"R\xc3\xa9: caf\xc3\xa9", "R\xc3\xa9: caf\xc3\xa9"},
        {"[]", "[]"},
        {"[] Re: []", "[]"},
    };
    for (const auto& [subject, base] : cases) {
        CAPTURE(subject);
        CHECK(base_subject(subject) == base);
    }
}

TEST_CASE("a subject is a reply or forward when something was cut that says so") {
    for (const auto* subject : {"Re: a", "fw: a", "[x] re: a", "a (fwd)", "[fwd: a]"})
        CHECK_MESSAGE(extract_subject(subject).is_reply_or_forward, subject);
    for (const auto* subject : {"", "a", "[x] a", "Re a", "fwd", " a "})
        CHECK_FALSE_MESSAGE(extract_subject(subject).is_reply_or_forward, subject);
}

TEST_CASE("a base subject is its own base subject") {
    std::mt19937 random(7);
    const std::string_view words[] = {"re", "Fwd", ":", "[", "]", "a", " ", "\t", "(fwd)", "[fwd:", "[x]", "re:"};
    for (int round = 0; round < 20000; ++round) {
        std::string subject;
        for (auto count = random() % 12; count > 0; --count)
            subject += words[random() % std::size(words)];
        const auto base = base_subject(subject);
        CAPTURE(subject);
        CHECK(base_subject(base) == base);
        CHECK(hearth::trim(base) == base);
    }
}

TEST_CASE("long runs of brackets cost linear time") {
    std::string blobs, forwards;
    for (int i = 0; i < 200000; ++i) {
        blobs += "[]";
        forwards += "[fwd:";
    }
    CHECK(base_subject(blobs) == "[]");
    CHECK(base_subject(blobs + "re:" + blobs + "x") == "x");
    CHECK(base_subject(forwards + std::string(200000, ']')) == "");
}
