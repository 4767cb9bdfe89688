// Files that are closed, and whose errors are seen.
#pragma once

#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>

struct CloseFile {
    void operator()(FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<FILE, CloseFile>;

inline File open_file(const std::string& path, const char* mode) {
    File file(std::fopen(path.c_str(), mode));
    if (!file) throw std::runtime_error(path + ": cannot be opened");
    std::setvbuf(file.get(), nullptr, _IOFBF, 1 << 18);
    return file;
}

inline void close_written(File file, const std::string& path) {
    bool failed = std::ferror(file.get()) != 0;
    failed |= std::fclose(file.release()) != 0;
    if (failed) throw std::runtime_error(path + ": cannot be written");
}
