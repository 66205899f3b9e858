// A plugin host around a real AngelScript engine: game classes from a list of signatures, sockets, coroutines.
#pragma once

#include <angelscript.h>
#include <angelscript/scriptarray.h>
#include <angelscript/scriptbuilder.h>
#include <angelscript/scriptstdstring.h>

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

using namespace AngelScript;
using Generic = asIScriptGeneric;
using Call = std::function<void(Generic*)>;

struct Vec3 { float x = 0, y = 0, z = 0; };
struct Vec2 { float x = 0, y = 0; };

// The buffers of the game's engine: eight bytes an item, which holds a handle or a number.
struct FastBuffer { std::vector<uint64_t> items; };

struct Member { std::string declaration; bool method; };
struct ClassInfo {
    std::string base;
    std::vector<Member> members;
    std::map<std::string, std::pair<std::string, int>> fields;  // name -> type, offset
    int size = 8;
};

uint64_t now_ms();
[[noreturn]] void fail(const std::string& why);

// An engine with the classes, enums and functions of an .api file, and nothing else of the game.
class Host {
public:
    explicit Host(const std::string& api_file);

    asIScriptEngine* engine = nullptr;
    asIScriptModule* module = nullptr;

    // What the harness does for a method of a game class, by "Class::declaration"; others throw when called.
    std::map<std::string, Call> methods;

    // Register what the list has; natives first, then classes() once the methods are set.
    void native(const std::string& declaration, Call call);
    void native_method(const std::string& type, const std::string& declaration, asSFuncPtr function, asDWORD convention);
    void native_factory(const std::string& type, const std::string& declaration, asSFuncPtr function);
    void native_field(const std::string& type, const std::string& declaration, int offset);
    void declare_enums();
    void declare_classes();
    void classes();

    void* make(const std::string& type);                       // an object of a game class, all zero
    void* field(void* object, const std::string& name);        // where a field lies
    template <class T> T& at(void* object, const std::string& name) { return *static_cast<T*>(field(object, name)); }

    void load(const std::vector<std::string>& files);
    void start(const std::string& declaration);                // a coroutine at a global function, if there is one
    void start(asIScriptFunction* function);
    void run_coroutines();                                     // each until it yields
    void sleep_current(uint64_t milliseconds);
    // Call a global function now; false if the script has none.
    bool call(const std::string& declaration, const std::function<void(asIScriptContext*)>& arguments = {});

private:
    struct Coroutine { asIScriptContext* context; uint64_t wake_ms; };
    std::map<std::string, ClassInfo> classes_;
    std::vector<std::string> order_;
    std::map<std::string, std::vector<std::string>> enums_;
    std::set<std::string> natives_;
    std::vector<Coroutine> coroutines_;
    std::map<void*, std::string> types_;

    void read(const std::string& file);
    void require(const std::string& declaration);
    int size_of(const std::string& type);
    bool is_a(std::string type, const std::string& base);
    void lay_out(const std::string& name);
    void register_members(const std::string& owner, const std::string& name);
    void check(int code, const std::string& what);
};

// Sockets of both flavours share this: a non-blocking POSIX socket.
class Socket {
public:
    Socket() = default;
    explicit Socket(int descriptor);
    ~Socket() { Close(); }
    void AddRef() { ++references_; }
    void Release() { if (--references_ == 0) delete this; }
    bool Listen(const std::string& host, uint16_t port);
    Socket* Accept();
    void Close();
    bool IsHungUp();
    int Available();
    std::string ReadRaw(int size);
    template <class T> T Read() {
        T value{};
        std::string data = ReadRaw(sizeof(T));
        if (data.size() == sizeof(T)) std::copy(data.begin(), data.end(), reinterpret_cast<char*>(&value));
        return value;
    }
    bool Send(const char* data, size_t size);

private:
    int descriptor_ = -1;
    int references_ = 1;
};

// One line of standard input, if one is there; "quit" when it is closed.
bool read_line(std::string& line);
