// The job: what jobs.py writes, read and refused where it is none.
#pragma once

#include "files.h"

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

// From the description of the core; 0 where it has no such port.
constexpr size_t kInputBytes = HADAMRNN_INPUT_BYTES;
constexpr size_t kResultBytes = HADAMRNN_RESULT_BYTES;
constexpr size_t kRowBytes = HADAMRNN_ROW_BYTES;

struct BadJob : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// All numbers of the file are uint64; this is its beginning. Then (beats, results, rows) of each sequence, then all beats.
struct Header {
    char magic[8];
    uint64_t input_bytes, result_bytes, row_bytes;
    uint64_t sequences, beats;
    uint64_t alone, settle, patience, interrupted_clocks;
    uint64_t stalls, seed;  // 0 none, 1 random, 2 worst
    uint64_t record_rows;
};
static_assert(sizeof(Header) == 104, "no padding");

struct Sequence {
    uint64_t beats, results, rows;
};

class Job {
  public:
    explicit Job(const std::string& path) : file_(open_file(path, "rb")) {
        read(&header, sizeof header, "the header");
        if (std::memcmp(header.magic, "HRNNJOB1", 8) != 0) throw BadJob("not a job: it must begin with HRNNJOB1");
        expect("bytes of an input beat", header.input_bytes, kInputBytes);
        expect("bytes of a result beat", header.result_bytes, kResultBytes);
        expect("bytes of a row", header.row_bytes, kRowBytes);
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
            beats += sequence.beats;
        }
        if (beats != header.beats) throw BadJob("its sequences have fewer beats than it holds");
    }

    void rewind() { std::fseek(file_.get(), sizeof header + sequences.size() * sizeof(Sequence), SEEK_SET); }

    void next_beat(uint8_t* beat) { read(beat, kInputBytes, "its beats"); }

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

    File file_;
};
