// SPDX-License-Identifier: Apache-2.0
// A stand-in for libFuzzer's main: feeds the corpus, and a bounded number of seeded mutations of it, to the fuzzer.
// It finds less than a real fuzzer and needs nothing but the compiler at hand, so every `make test` runs it.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

constexpr int mutations_per_seed = 400;

std::string mutate(std::string input, const std::vector<std::string>& corpus, std::mt19937_64& random) {
    const auto pick = [&](std::size_t bound) { return bound == 0 ? 0 : static_cast<std::size_t>(random() % bound); };
    for (std::size_t round = 0, rounds = 1 + pick(6); round < rounds; ++round) {
        const auto at = pick(input.size() + 1);
        switch (pick(6)) {
        case 0: input.insert(at, 1, static_cast<char>(random() & 0xff)); break;
        case 1: input.erase(at, 1 + pick(8)); break;
        case 2: if (at < input.size()) input[at] = static_cast<char>(random() & 0xff); break;
        case 3: if (at < input.size()) input[at] = static_cast<char>(input[at] ^ (1 << pick(8))); break;
        case 4: input.insert(at, input.substr(pick(input.size() + 1), pick(32))); break;
        case 5: {
            const auto& other = corpus[pick(corpus.size())];
            input = input.substr(0, at) + other.substr(pick(other.size() + 1));
            break;
        }
        }
    }
    return input;
}

} // namespace

int main(int argc, char** argv) {
    std::vector<std::string> corpus{""};
    for (int i = 1; i < argc; ++i) {
        if (!std::filesystem::is_directory(argv[i])) continue;
        for (const auto& entry : std::filesystem::directory_iterator(argv[i])) {
            std::ifstream file(entry.path(), std::ios::binary);
            corpus.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
        }
    }
    if (corpus.size() == 1) {
        std::fprintf(stderr, "no corpus: name a directory with at least one file\n");
        return 1;
    }
    const char* text = std::getenv("HEARTH_SEED");
    const auto seed = text != nullptr ? std::strtoull(text, nullptr, 10) : std::random_device{}();
    std::printf("seed %llu, corpus %zu\n", static_cast<unsigned long long>(seed), corpus.size());
    std::fflush(stdout);
    std::mt19937_64 random(seed);
    std::size_t executions = 0;
    const auto run = [&](const std::string& input) {
        LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
        ++executions;
    };
    for (const auto& input : corpus) {
        run(input);
        for (int i = 0; i < mutations_per_seed; ++i) run(mutate(input, corpus, random));
    }
    std::printf("%zu executions\n", executions);
    return 0;
}
