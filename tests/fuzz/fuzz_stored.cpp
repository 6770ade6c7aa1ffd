// link: hearth_store
// SPDX-License-Identifier: Apache-2.0
// The packed forms of a message file.
#include "base/ensure.hpp"
#include "store/maildir/decoder.hpp"

#include <string>
#include <sys/mman.h>
#include <unistd.h>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace hearth::store;
    constexpr std::size_t unpacked_max = std::size_t{16} << 20;
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    hearth::UniqueFd fd(::memfd_create("stored", MFD_CLOEXEC));
    hearth::ensure(fd && ::write(fd.get(), data, size) == static_cast<ssize_t>(size), "memory is there");
    const auto decoder = make_decoder(stored_form(bytes.substr(0, stored_form_bytes)), std::move(fd));
    if (!decoder) return 0;
    const auto read = [&] {
        std::string text;
        for (;;) {
            const auto before = text.size();
            const auto more = decoder->read(text);
            if (!more || *more == 0 || text.size() > unpacked_max) return text;
            hearth::ensure(text.size() == before + *more, "it says how much came");
        }
    };
    const auto text = read();
    if (stored_form(bytes.substr(0, stored_form_bytes)) == StoredForm::plain && size < unpacked_max)
        hearth::ensure(text == bytes, "a plain file is as it is");
    hearth::ensure(decoder->rewind().has_value() && read() == text, "and the same again");
    return 0;
}
