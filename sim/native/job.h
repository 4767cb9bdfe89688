// The job: what jobs.py writes, read and refused where it is none.
#pragma once

#include "files.h"

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

// From the description of the core; 0 bytes where it has no such port.
constexpr size_t kInputBytes = HADAMRNN_INPUT_BYTES;
constexpr size_t kResultBytes = HADAMRNN_RESULT_BYTES;
constexpr size_t kRowBytes = HADAMRNN_ROW_BYTES;
constexpr size_t kChannels = HADAMRNN_CHANNELS;

struct BadJob : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// All numbers of the file are uint64; this is its beginning. Then a Sequence for each, then all beats, channel by channel.
struct Header {
    char magic[8];
    uint64_t input_bytes, result_bytes, row_bytes, channels;
    uint64_t sequences, beats;
    uint64_t alone, settle, patience, interrupted_clocks;
    uint64_t stalls, seed;  // 0 none, 1 random, 2 worst
    uint64_t record_rows;
};
static_assert(sizeof(Header) == 112, "no padding");

struct Sequence {
    uint64_t beats, results, rows;
    uint64_t channel;
    uint64_t begins;  // whether all before it must have come out when it is sent
};

class Job {
  public:
    explicit Job(const std::string& path) : path_(path), file_(open_file(path, "rb")), lengths_(kChannels) {
        read(&header, sizeof header, "the header");
        if (std::memcmp(header.magic, "HRNNJOB2", 8) != 0) throw BadJob("not a job: it must begin with HRNNJOB2");
        expect("bytes of an input beat", header.input_bytes, kInputBytes);
        expect("bytes of a result beat", header.result_bytes, kResultBytes);
        expect("bytes of a row", header.row_bytes, kRowBytes);
        expect("channels", header.channels, kChannels);
        if (header.stalls > 2) throw BadJob("stalls must be 0, 1 or 2, not " + std::to_string(header.stalls));
        std::fseek(file_.get(), 0, SEEK_END);
        uint64_t size = std::ftell(file_.get()), left = size - sizeof header;
        if (header.sequences > left / sizeof(Sequence)) throw BadJob("it ends within the table of sequences");
        left -= header.sequences * sizeof(Sequence);
        if (header.beats != left / kInputBytes || left % kInputBytes != 0) {
            throw BadJob("it must hold " + std::to_string(header.beats) + " beats of " + std::to_string(kInputBytes) +
                         " bytes, not " + std::to_string(left) + " bytes");
        }
        std::fseek(file_.get(), sizeof header, SEEK_SET);
        sequences.resize(header.sequences);
        if (header.sequences) read(sequences.data(), sequences.size() * sizeof(Sequence), "the table of sequences");
        uint64_t beats = 0;
        for (const Sequence& sequence : sequences) {
            if (sequence.beats == 0) throw BadJob("a sequence must have at least 1 beat, not 0");
            if (sequence.beats > header.beats - beats) throw BadJob("its sequences have more beats than it holds");
            if (sequence.channel >= kChannels) {
                throw BadJob("a channel must be below " + std::to_string(kChannels) + ", not " +
                             std::to_string(sequence.channel));
            }
            lengths_[sequence.channel].push_back(sequence.beats);
            beats += sequence.beats;
        }
        if (beats != header.beats) throw BadJob("its sequences have fewer beats than it holds");
    }

    // The beats of each sequence of a channel, in order.
    const std::vector<uint64_t>& lengths(size_t channel) const { return lengths_[channel]; }

    // Of a channel; 0 where it is silent.
    uint64_t beats(size_t channel) const {
        return std::accumulate(lengths_[channel].begin(), lengths_[channel].end(), uint64_t(0));
    }

    // The file once more, and where the beats of a channel begin in it.
    File reopened() const { return open_file(path_, "rb"); }

    long place(size_t channel) const {
        uint64_t before = 0;
        for (size_t other = 0; other < channel; ++other) before += beats(other);
        return long(sizeof header + sequences.size() * sizeof(Sequence) + before * kInputBytes);
    }

    Header header;
    std::vector<Sequence> sequences;

  private:
    void read(void* target, size_t size, const char* what) {
        if (std::fread(target, size, 1, file_.get()) != 1) throw BadJob(std::string("it ends within ") + what);
    }

    static void expect(const char* what, uint64_t found, uint64_t expected) {
        if (found == expected) return;
        throw BadJob(std::string(what) + " must be " + std::to_string(expected) + ", not " + std::to_string(found));
    }

    std::string path_;
    File file_;
    std::vector<std::vector<uint64_t>> lengths_;
};
