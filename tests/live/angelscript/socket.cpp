#include "harness.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

Socket::Socket(int descriptor) : descriptor_(descriptor) {
    int on = 1;
    fcntl(descriptor_, F_SETFL, O_NONBLOCK);
    setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

bool Socket::Listen(const std::string& host, uint16_t port) {
    descriptor_ = socket(AF_INET, SOCK_STREAM, 0);
    int on = 1;
    setsockopt(descriptor_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    inet_pton(AF_INET, host.c_str(), &address.sin_addr);
    fcntl(descriptor_, F_SETFL, O_NONBLOCK);
    bool good = bind(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 && listen(descriptor_, 4) == 0;
    if (!good) Close();
    return good;
}

Socket* Socket::Accept() {
    int accepted = accept(descriptor_, nullptr, nullptr);
    return accepted < 0 ? nullptr : new Socket(accepted);
}

void Socket::Close() {
    if (descriptor_ >= 0) close(descriptor_);
    descriptor_ = -1;
}

bool Socket::IsHungUp() {
    char byte;
    return descriptor_ < 0 || recv(descriptor_, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

int Socket::Available() {
    int count = 0;
    return descriptor_ < 0 || ioctl(descriptor_, FIONREAD, &count) < 0 ? 0 : count;
}

std::string Socket::ReadRaw(int size) {
    std::string data(size_t(size < 0 ? 0 : size), '\0');
    ssize_t got = data.empty() ? 0 : recv(descriptor_, data.data(), data.size(), 0);
    data.resize(got < 0 ? 0 : size_t(got));
    return data;
}

bool Socket::Send(const char* data, size_t size) {
    return descriptor_ >= 0 && send(descriptor_, data, size, MSG_NOSIGNAL) == ssize_t(size);
}

bool read_line(std::string& line) {
    static std::string buffer;
    pollfd input{STDIN_FILENO, POLLIN, 0};
    if (poll(&input, 1, 0) > 0) {
        char data[256];
        ssize_t got = read(STDIN_FILENO, data, sizeof data);
        if (got <= 0) { line = "quit"; return true; }
        buffer.append(data, size_t(got));
    }
    auto end = buffer.find('\n');
    if (end == std::string::npos) return false;
    line = buffer.substr(0, end);
    buffer.erase(0, end + 1);
    return true;
}
