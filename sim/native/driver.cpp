// Streams a job through a core that Verilator has translated, and records what comes out.
//
//     core JOB RECORD
//
// JOB is a file of the format that jobs.py writes; RECORD.inputs, RECORD.results and RECORD.rows receive the transfers
// at the ports, and RECORD.json, written last, what the bench saw. The bench judges what must be seen clock by clock (the
// rules of AXI4-Stream, a core that stands still); the values are compared afterwards, with the reference.
//
// Exit status: 0 with a record, 1 where it could not be written, 2 for a job that cannot be read.
//
// Little-endian hosts only: the bytes of a beat are those of the words that Verilator keeps them in.

#include "VCore.h"
#include "files.h"
#include "inputs.h"  // written beside VCore.h by build.py: the names of the input ports
#include "job.h"
#include "sink.h"
#include "source.h"
#include "verilated.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <string>
#include <type_traits>
#include <utility>

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "beats are copied as little-endian words");

namespace {

using InputData = std::remove_reference_t<decltype(VCore::HADAMRNN_FIRST_INPUT)>;
using ResultData = std::remove_reference_t<decltype(VCore::m_axis_tdata)>;
#if HADAMRNN_ROW_BYTES
using RowData = std::remove_reference_t<decltype(VCore::m_trace_tdata)>;
#endif

#if HADAMRNN_CHANNELS > 1
#define HADAMRNN_ID(PORT) core.PORT##_tid
#else
const CData kNoId = 0;
#define HADAMRNN_ID(PORT) kNoId
#endif

#define HADAMRNN_SOURCE(CHANNEL, PORT)                                                                        \
    Source<InputData>(#PORT, core.PORT##_tvalid, core.PORT##_tready, core.PORT##_tdata, core.PORT##_tlast, job, \
                      CHANNEL, inputs_),

// The ports of the core, all that the bench knows of them: another port is another member here and in for_each_*.
struct Ports {
    Ports(VCore& core, const Job& job, const std::string& record)
        : inputs_path_(record + ".inputs"), inputs_(open_file(inputs_path_, "wb")),
          sources{{HADAMRNN_FOR_EACH_INPUT(HADAMRNN_SOURCE)}},
          results("m_axis", core.m_axis_tvalid, core.m_axis_tready, core.m_axis_tdata, core.m_axis_tlast,
                  HADAMRNN_ID(m_axis), job.header.stalls, 3 * job.header.seed + 1, true, record + ".results")
#if HADAMRNN_ROW_BYTES
          ,
          rows("m_trace", core.m_trace_tvalid, core.m_trace_tready, core.m_trace_tdata, core.m_trace_tlast,
               HADAMRNN_ID(m_trace), job.header.stalls, 3 * job.header.seed + 2, job.header.record_rows != 0,
               record + ".rows")
#endif
    {
    }

    template <class F>
    void for_each_sink(F&& f) {
        f(results);
#if HADAMRNN_ROW_BYTES
        f(rows);
#endif
    }

    template <class F>
    void for_each(F&& f) {
        for (auto& source : sources) f(source);
        for_each_sink(f);
    }

    void owe(const Sequence& sequence) {
        sources[sequence.channel].due += sequence.beats;
        results.due += sequence.results;
#if HADAMRNN_ROW_BYTES
        rows.due += sequence.rows;
#endif
    }

    void close() {
        close_written(std::move(inputs_), inputs_path_);
        for_each_sink([](auto& sink) { sink.close(); });
    }

  private:
    std::string inputs_path_;
    File inputs_;  // what all sources record

  public:
    std::array<Source<InputData>, kChannels> sources;
    Sink<ResultData, kResultBytes> results;
#if HADAMRNN_ROW_BYTES
    Sink<RowData, kRowBytes> rows;
#endif
};

// Of a port of any width.
template <class Data>
bool bit(const Data& value, size_t place) {
    if constexpr (std::is_integral_v<Data>) {
        return value >> place & 1;
    } else {
        return value[place / 32] >> place % 32 & 1;
    }
}

class Bench {
  public:
    Bench(VCore& core, Job& job, const std::string& record) : core_(core), job_(job), ports_(core, job, record) {}

    void run() {
        const Header& header = job_.header;
        reset(2);
        if (header.interrupted_clocks && header.beats) {
            for (uint64_t i = 0; i < header.interrupted_clocks; ++i) {
                for (auto& source : ports_.sources) source.drive_endlessly();
                ports_.for_each_sink([](auto& sink) { sink.accept(); });
                settle();
                for (auto& source : ports_.sources) source.sample_endlessly();
                edge();
            }
            reset(1);
        }
        if (header.alone) listen();  // from reset to idle
        for (size_t next = 0; next < job_.sequences.size();) {
            do ports_.owe(job_.sequences[next++]);
            while (next < job_.sequences.size() && !job_.sequences[next].begins);
            until_done();
            listen();
        }
    }

    void close() { ports_.close(); }

    uint64_t clocks = 0;
    std::array<uint64_t, kChannels> errors{};

  private:
    // Combinational logic with the inputs of this clock; then the rising edge.
    void settle() {
        core_.clk = 0;
        core_.eval();
    }

    void edge() {
        core_.clk = 1;
        core_.eval();
    }

    void reset(int count) {
        core_.rst = 1;
        ports_.for_each([](auto& port) { port.reset(); });
        for (int i = 0; i <= count; ++i) {
            core_.rst = i < count;
            settle();
            edge();
        }
        ports_.for_each_sink([](auto& sink) { sink.check_idle(); });
    }

    bool one_clock() {
        ports_.for_each([](auto& port) { port.drive(); });
        settle();
        ++clocks;
        for (size_t channel = 0; channel < kChannels; ++channel) errors[channel] += bit(core_.error, channel);
        bool moved = false;
        ports_.for_each([&](auto& port) { moved |= port.sample(clocks); });
        edge();
        return moved;
    }

    bool any_owes() {
        bool owes = false;
        ports_.for_each([&](auto& port) { owes |= port.owes(); });
        return owes;
    }

    void until_done() {
        uint64_t quiet = 0;
        while (any_owes()) {
            quiet = one_clock() ? 0 : quiet + 1;
            bool overflows = false;
            ports_.for_each([&](auto& port) { overflows |= port.overflows(); });
            if (quiet <= job_.header.patience && !overflows) continue;
            std::string counts;
            ports_.for_each([&](auto& port) { counts += port.progress(); });
            if (overflows) throw Violation("the core sends without an end: " + counts);
            throw Violation("the core stands still: no transfer for " + std::to_string(quiet) + " clocks, " + counts);
        }
    }

    // For what must not come.
    void listen() {
        for (uint64_t i = 0; i < job_.header.settle; ++i) {
            one_clock();
            bool more = false;
            ports_.for_each_sink([&](auto& sink) { more |= sink.transfers > sink.due; });
            if (more) return;
        }
    }

    VCore& core_;
    Job& job_;
    Ports ports_;
};

void run_job(const std::string& job_path, const std::string& record) {
    Job job(job_path);
    VerilatedContext context;
    VCore core(&context, "");
    Bench bench(core, job, record);
    std::string violation;
    auto start = std::chrono::steady_clock::now();
    try {
        bench.run();
    } catch (const Violation& broken) {
        violation = broken.what();
    }
    double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    core.final();
    bench.close();
    std::string errors;
    for (uint64_t count : bench.errors) errors += (errors.empty() ? "" : ", ") + std::to_string(count);
    File file = open_file(record + ".json", "w");
    std::fprintf(file.get(), "{\"violation\": \"%s\", \"clocks\": %llu, \"errors\": [%s], \"seconds\": %.9g}\n",
                 violation.c_str(), static_cast<unsigned long long>(bench.clocks), errors.c_str(), seconds);
    close_written(std::move(file), record + ".json");
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 3) {
        std::fprintf(stderr, "usage: %s JOB RECORD\n", arguments[0]);
        return 2;
    }
    try {
        run_job(arguments[1], arguments[2]);
    } catch (const BadJob& bad) {
        std::fprintf(stderr, "%s: %s\n", arguments[1], bad.what());
        return 2;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
    return 0;
}
