// Runs a TMInterface plugin: tminterface API_FILE PORT FILE.as
// A car on a straight: gas and brake change its speed, steering moves it sideways; checkpoints at 10 and 20 m, the
// finish at 30 m; the first checkpoint also counts as a lap. The state it saves has the sizes and offsets of the
// game's. Ends when standard input is closed.

#include "harness.hpp"

#include <cmath>
#include <cstdio>
#include <cstring>
#include <new>
#include <sstream>
#include <thread>

using Bytes = std::vector<uint8_t>;
constexpr int HEAD = 8344, WAYPOINTS = 3, TICK_MS = 10, COUNTDOWN_MS = -2600;
constexpr float WAYPOINT_M = 10.0f;
enum Input { Up, Down, Left, Right, Steer, Gas, INPUTS };

struct State {
    Bytes data;
    int references = 1;
    void AddRef() { ++references; }
    void Release() { if (--references == 0) delete this; }
};
struct Info {
    std::string name, author, version, description;
    int references = 1;
    void AddRef() { ++references; }
    void Release() { if (--references == 0) delete this; }
};
struct Commands {
    std::string content;
    int references = 1;
    void AddRef() { ++references; }
    void Release() { if (--references == 0) delete this; }
    void Process() { queued.push_back(content); }
    static std::vector<std::string> queued;
};
std::vector<std::string> Commands::queued;
template <class T> static T* create() { return new T; }

struct Game {
    float x = 0, z = 0, speed = 0;
    int race_ms = COUNTDOWN_MS, tick_ms = COUNTDOWN_MS, passed = 0;
    int times[WAYPOINTS] = {-1, -1, -1};
    int inputs[INPUTS] = {};
    double pace = 1.0;
    bool announced = false;
    std::string script;
    std::map<std::string, double> variables;
    std::map<std::string, asIScriptFunction*> commands;

    bool finished() const { return passed == WAYPOINTS; }

    void restart() {
        x = z = speed = 0, race_ms = tick_ms = COUNTDOWN_MS, passed = 0;
        for (int& time : times) time = -1;
        script.clear();
    }

    void set(Input input, int value) {
        static const char* names[] = {"up", "down", "left", "right"};
        if (inputs[input] != value && input < Steer)
            script += std::to_string(race_ms + TICK_MS) + (value ? " press " : " rel ") + names[input] + "\n";
        inputs[input] = value;
    }

    float steer() const { return inputs[Steer] ? float(inputs[Steer]) / 65536.0f : float(inputs[Right] - inputs[Left]); }

    void tick() {
        tick_ms += TICK_MS;
        if (finished()) return;
        if (race_ms >= 0) {
            speed = std::fmax(0.0f, speed + (inputs[Up] ? 0.25f : -0.05f) - (inputs[Down] ? 0.5f : 0.0f));
            x -= 0.01f * speed * steer();
            z += 0.01f * speed;
        }
        race_ms += TICK_MS;
    }

    Bytes save() const {
        Bytes data(HEAD + 12 + 4 * WAYPOINTS + 8 * WAYPOINTS);
        auto put = [&](int offset, auto value) { std::memcpy(&data[size_t(offset)], &value, sizeof value); };
        for (int i = 0; i < 3; i++) put(688 + 16 * i, 1.0f);
        put(724, x), put(728, 9.5f), put(732, z), put(744, speed);
        put(16, tick_ms), put(7892, race_ms), put(8024, passed), put(8032, int(finished()));
        put(8036, int(speed * 3.6f)), put(1728, float(inputs[Up])), put(1732, float(inputs[Down])), put(1736, steer());
        for (int wheel = 0; wheel < 4; wheel++) put(3816 + 764 * wheel + 292, 1), put(3816 + 764 * wheel + 296, 16);
        put(HEAD + 4, WAYPOINTS), put(HEAD + 8 + 4 * WAYPOINTS, WAYPOINTS);
        for (int i = 0; i < WAYPOINTS; i++) put(HEAD + 8 + 4 * i, int(times[i] >= 0)), put(HEAD + 12 + 4 * WAYPOINTS + 8 * i, times[i]);
        return data;
    }

    bool load(const Bytes& data) {
        if (data.size() != save().size()) return false;
        auto take = [&](int offset, auto& value) { std::memcpy(&value, &data[size_t(offset)], sizeof value); };
        take(724, x), take(732, z), take(744, speed), take(16, tick_ms), take(7892, race_ms);
        passed = 0;
        for (int i = 0; i < WAYPOINTS; i++) take(HEAD + 12 + 4 * WAYPOINTS + 8 * i, times[i]), passed += times[i] >= 0;
        return true;
    }
};

static CScriptArray* to_array(asIScriptEngine* engine, const Bytes& data) {
    auto* array = CScriptArray::Create(engine->GetTypeInfoByDecl("array<uint8>"), asUINT(data.size()));
    if (!data.empty()) std::memcpy(array->At(0), data.data(), data.size());
    return array;
}
static Bytes to_bytes(const CScriptArray* array) {
    const auto* first = static_cast<const uint8_t*>(array->At(0));
    return array->GetSize() ? Bytes(first, first + array->GetSize()) : Bytes();
}
static State* state_from(const CScriptArray& array) {
    auto* state = new State;
    state->data = to_bytes(&array);
    return state;
}
static CScriptArray* state_to_array(State* state) { return to_array(asGetActiveContext()->GetEngine(), state->data); }
static bool write_array(const CScriptArray& array, Socket* socket) {
    Bytes data = to_bytes(&array);
    return socket->Send(reinterpret_cast<const char*>(data.data()), data.size());
}
static CScriptArray* read_array(int size, Socket* socket) {
    std::string data = socket->ReadRaw(size);
    return to_array(asGetActiveContext()->GetEngine(), Bytes(data.begin(), data.end()));
}
static bool write_text(const std::string& text, Socket* socket) { return socket->Send(text.data(), text.size()); }
static Socket* accept_socket(int, Socket* listener) { return listener->Accept(); }
static bool no_delay(Socket*) { return true; }
static void set_no_delay(bool, Socket*) {}
static void make_vec2(float x, float y, Vec2* place) { new (place) Vec2{x, y}; }

template <class T> static void reference_type(Host& host, const std::string& name, const char* space = "") {
    asIScriptEngine* e = host.engine;
    std::string full = *space ? std::string(space) + "::" + name : name;
    e->SetDefaultNamespace(space);
    e->RegisterObjectType(name.c_str(), 0, asOBJ_REF);
    e->SetDefaultNamespace("");
    host.native_factory(full, full + "@ f()", asFUNCTION(create<T>));
    e->RegisterObjectBehaviour(full.c_str(), asBEHAVE_ADDREF, "void f()", asMETHOD(T, AddRef), asCALL_THISCALL);
    e->RegisterObjectBehaviour(full.c_str(), asBEHAVE_RELEASE, "void f()", asMETHOD(T, Release), asCALL_THISCALL);
}

static void register_types(Host& host) {
    asIScriptEngine* e = host.engine;
    host.native_method("array<T>", "uint get_Length() const property", asMETHOD(CScriptArray, GetSize), asCALL_THISCALL);
    host.native_method("array<T>", "void Resize(uint length)", asMETHODPR(CScriptArray, Resize, (asUINT), void), asCALL_THISCALL);
    e->RegisterObjectType("vec2", sizeof(Vec2), asOBJ_VALUE | asOBJ_POD | asOBJ_APP_CLASS | asOBJ_APP_CLASS_ALLFLOATS);
    e->RegisterObjectBehaviour("vec2", asBEHAVE_CONSTRUCT, "void f(float, float)", asFUNCTION(make_vec2), asCALL_CDECL_OBJLAST);
    reference_type<Info>(host, "PluginInfo");
    host.native_field("PluginInfo", "string Name", asOFFSET(Info, name));
    host.native_field("PluginInfo", "string Author", asOFFSET(Info, author));
    host.native_field("PluginInfo", "string Version", asOFFSET(Info, version));
    host.native_field("PluginInfo", "string Description", asOFFSET(Info, description));
    reference_type<Commands>(host, "CommandList");
    host.native_field("CommandList", "string Content", asOFFSET(Commands, content));
    host.native_method("CommandList", "void Process()", asMETHOD(Commands, Process), asCALL_THISCALL);
    reference_type<State>(host, "SimulationState");
    host.native_factory("SimulationState", "SimulationState@ f(const array<uint8> &in data)", asFUNCTION(state_from));
    host.native_method("SimulationState", "array<uint8>@ ToArray()", asFUNCTION(state_to_array), asCALL_CDECL_OBJFIRST);
    reference_type<Socket>(host, "Socket", "Net");
    host.native_method("Net::Socket", "bool Listen(const string &in host, uint16 port)", asMETHOD(Socket, Listen), asCALL_THISCALL);
    host.native_method("Net::Socket", "void Close()", asMETHOD(Socket, Close), asCALL_THISCALL);
    host.native_method("Net::Socket", "Net::Socket@ Accept(int timeout)", asFUNCTION(accept_socket), asCALL_CDECL_OBJLAST);
    host.native_method("Net::Socket", "bool get_NoDelay() property", asFUNCTION(no_delay), asCALL_CDECL_OBJFIRST);
    host.native_method("Net::Socket", "void set_NoDelay(bool value) property", asFUNCTION(set_no_delay), asCALL_CDECL_OBJLAST);
    host.native_method("Net::Socket", "int get_Available() property", asMETHOD(Socket, Available), asCALL_THISCALL);
    host.native_method("Net::Socket", "uint8 ReadUint8()", asMETHODPR(Socket, Read<uint8_t>, (), uint8_t), asCALL_THISCALL);
    host.native_method("Net::Socket", "int ReadInt32()", asMETHODPR(Socket, Read<int32_t>, (), int32_t), asCALL_THISCALL);
    host.native_method("Net::Socket", "uint ReadUint32()", asMETHODPR(Socket, Read<uint32_t>, (), uint32_t), asCALL_THISCALL);
    host.native_method("Net::Socket", "float ReadFloat()", asMETHODPR(Socket, Read<float>, (), float), asCALL_THISCALL);
    host.native_method("Net::Socket", "array<uint8>@ ReadBytes(int size)", asFUNCTION(read_array), asCALL_CDECL_OBJLAST);
    host.native_method("Net::Socket", "string ReadString(int size)", asMETHOD(Socket, ReadRaw), asCALL_THISCALL);
    host.native_method("Net::Socket", "bool Write(const array<uint8> &in data)", asFUNCTION(write_array), asCALL_CDECL_OBJLAST);
    host.native_method("Net::Socket", "bool Write(const string &in data)", asFUNCTION(write_text), asCALL_CDECL_OBJLAST);
}

// A frame whose pixels tell blue, green and red apart, and the race time from others; the first row is white.
static Bytes draw(const Game& game, int width, int height) {
    Bytes data(size_t(width * height * 4));
    for (size_t i = 0; i < data.size(); i += 4) {
        data[i] = 10, data[i + 1] = 20, data[i + 2] = uint8_t(game.race_ms / 10);
        if (i < size_t(width * 4)) data[i] = data[i + 1] = data[i + 2] = data[i + 3] = 255;
    }
    return data;
}

static void register_functions(Host& host, Game& game, void*& manager, void*& map) {
    auto text = [](Generic* g, asUINT i) { return *static_cast<std::string*>(g->GetArgObject(i)); };
    host.engine->RegisterFuncdef("void CommandFunc(int, int, const string &in, const array<string> &in)");
    host.native("SimulationManager@ GetSimulationManager()", [&](Generic* g) { g->SetReturnAddress(manager); });
    host.native("TM::GameState GetCurrentGameState()", [](Generic* g) { g->SetReturnDWord(2); });
    host.native("Challenge@ GetCurrentChallenge()", [&](Generic* g) { g->SetReturnAddress(map); });
    host.native("void ExecuteCommand(const string &in command)", [=](Generic* g) { std::printf("command %s\n", text(g, 0).c_str()); std::fflush(stdout); });
    host.native("void ToggleRaceInterface(bool visible)", [](Generic*) {});
    host.native("array<uint8>@ Graphics::CaptureScreenshot(const vec2 &in size)", [&](Generic* g) {
        auto* size = static_cast<Vec2*>(g->GetArgAddress(0));
        auto* picture = to_array(host.engine, draw(game, int(size->x), int(size->y)));
        g->SetReturnAddress(picture);
    });
    host.native("bool RegisterVariable(const string &in name, double value)", [&, text](Generic* g) {
        game.variables.emplace(text(g, 0), g->GetArgDouble(1));
        g->SetReturnByte(true);
    });
    host.native("double GetVariableDouble(const string &in name)", [&, text](Generic* g) { g->SetReturnDouble(game.variables.at(text(g, 0))); });
    host.native("bool RegisterCustomCommand(const string &in name, const string &in description, CommandFunc@ callback)", [&, text](Generic* g) {
        game.commands[text(g, 0)] = static_cast<asIScriptFunction*>(g->GetArgAddress(2));
        g->SetReturnByte(true);
    });
    host.native("void log(const string &in text)", [=](Generic* g) { std::fprintf(stderr, "%s\n", text(g, 0).c_str()); });
    host.native("uint64 Time::get_Now() property", [](Generic* g) { g->SetReturnQWord(now_ms()); });
    auto& methods = host.methods;
    methods["InputEventBuffer::string ToCommandsText()"] = [&](Generic* g) { g->SetReturnObject(&game.script); };
    methods["SimulationManager::bool SetInputState(InputType type, int value)"] = [&](Generic* g) {
        game.set(Input(g->GetArgDWord(0)), int(g->GetArgDWord(1)));
        g->SetReturnByte(true);
    };
    methods["SimulationManager::void GiveUp()"] = [&](Generic*) { game.restart(); };
    methods["SimulationManager::void SetSpeed(double speed)"] = [&](Generic* g) { game.pace = g->GetArgDouble(0); };
    methods["SimulationManager::SimulationState@ SaveState()"] = [&](Generic* g) {
        auto* state = new State;
        state->data = game.save();
        g->SetReturnAddress(state);
    };
    methods["SimulationManager::bool RewindToState(SimulationState@ state, bool resetCamera = true)"] = [&](Generic* g) {
        g->SetReturnByte(game.load(static_cast<State*>(g->GetArgObject(0))->data));
    };
    methods["SimulationManager::void PreventSimulationFinish()"] = [&](Generic*) { game.passed = WAYPOINTS - 1, game.times[WAYPOINTS - 1] = -1; };
    methods["SimulationManager::void ResetCamera()"] = [](Generic*) {};
}

int main(int count, char** arguments) {
    if (count < 4) fail("usage: tminterface API_FILE PORT FILE.as");
    Host host(arguments[1]);
    Game game;
    void *manager = nullptr, *map = nullptr;
    game.variables["custom_port"] = std::stod(arguments[2]);
    host.declare_enums();
    register_types(host);
    host.declare_classes();
    register_functions(host, game, manager, map);
    host.classes();
    host.load({arguments + 3, arguments + count});
    manager = host.make("SimulationManager");
    map = host.make("Challenge");
    host.at<std::string>(map, "Uid") = "HarnessMap";
    void* player = host.at<void*>(manager, "PlayerInfo") = host.make("PlayerInfo");
    host.at<void*>(manager, "InputEvents") = host.make("InputEventBuffer");
    host.at<bool>(manager, "InRace") = true;
    auto show = [&] {
        host.at<int>(manager, "RaceTime") = game.race_ms, host.at<int>(manager, "TickTime") = game.tick_ms;
        host.at<bool>(player, "RaceFinished") = game.finished();
    };
    auto with_manager = [&](asIScriptContext* context) { context->SetArgObject(0, manager); };
    show();
    if (!host.call("PluginInfo@ GetPluginInfo()") || !host.call("void Main()")) fail("the plugin has no Main or GetPluginInfo");
    auto* arguments_of_command = CScriptArray::Create(host.engine->GetTypeInfoByDecl("array<string>"));
    for (auto& name : Commands::queued) {
        auto* context = host.engine->CreateContext();
        std::string line = name;
        context->Prepare(game.commands.at(name));
        context->SetArgObject(2, &line);
        context->SetArgObject(3, arguments_of_command);
        context->Execute();
        context->Release();
    }
    std::string line;
    while (!(read_line(line) && line == "quit")) {
        show();
        host.call("void Render()");
        for (int tick = 0; tick < std::fmax(1.0, game.pace) && game.pace > 0.0; tick++) {
            show();
            if (!game.announced) host.call("void OnRunStep(SimulationManager@)", with_manager);
            game.announced = true;
            if (game.pace <= 0.0) break;
            game.announced = false;
            game.tick();
            show();
            if (game.finished() || game.z < WAYPOINT_M * float(game.passed + 1)) continue;
            game.times[game.passed++] = game.race_ms;
            show();
            auto with_counts = [&](int current, int target) {
                return [=](asIScriptContext* context) {
                    context->SetArgObject(0, manager);
                    context->SetArgDWord(1, asDWORD(current));
                    context->SetArgDWord(2, asDWORD(target));
                };
            };
            int passed = game.passed;
            host.call("void OnCheckpointCountChanged(SimulationManager@, int, int)", with_counts(passed, WAYPOINTS));
            if (passed == 1) host.call("void OnLapCountChanged(SimulationManager@, int, int)", with_counts(1, 2));
        }
        if (game.pace <= 1.0) std::this_thread::sleep_for(std::chrono::milliseconds(game.pace > 0.0 ? 10 : 1));
    }
    host.call("void OnDisabled()");
}
