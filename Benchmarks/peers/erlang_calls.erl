%% gen_server:call between two nodes of Erlang distribution: the peer of `switchboard bench calls`.
-module(erlang_calls).
-behaviour(gen_server).
-export([serve/0, run/4, init/1, handle_call/3, handle_cast/2]).

serve() ->
    {ok, _} = gen_server:start({local, echo}, ?MODULE, [], []),
    ok.

init([]) -> {ok, 0}.
handle_call(told, _From, Told) -> {reply, Told, Told};
handle_call(Message, _From, Told) -> {reply, Message, Told}.
handle_cast(_Message, Told) -> {noreply, Told + 1}.

%% Prints calls a second and the round trip's p50, p99 and p99.9 in microseconds.
run(Node, Bytes, Callers, Seconds) ->
    Message = {interaction, <<"3f9c1d2ab07e4c55">>, <<"support-es">>, 1795379905123, 5, [<<"es">>, <<"billing">>],
               binary:copy(<<"n">>, max(0, Bytes - 80))},
    Message = gen_server:call({echo, Node}, Message),
    Self = self(),
    Start = erlang:monotonic_time(nanosecond),
    End = Start + Seconds * 1000000000,
    [spawn_link(fun() -> Self ! {samples, loop(Node, Message, End, Start, [])} end) || _ <- lists:seq(1, Callers)],
    Samples = lists:sort(lists:append([receive {samples, S} -> S end || _ <- lists:seq(1, Callers)])),
    Elapsed = (erlang:monotonic_time(nanosecond) - Start) / 1.0e9,
    Count = length(Samples),
    Sorted = list_to_tuple(Samples),
    At = fun(Share) -> element(max(1, ceil(Share * Count)), Sorted) / 1000 end,
    io:format("  ~4w callers  ~8w/s  p50 ~.1f us  p99 ~.1f us  p99.9 ~.1f us~n",
              [Callers, round(Count / Elapsed), At(0.5), At(0.99), At(0.999)]).

loop(Node, Message, End, Last, Samples) ->
    _ = gen_server:call({echo, Node}, Message),
    Now = erlang:monotonic_time(nanosecond),
    Next = [Now - Last | Samples],
    if Now >= End -> Next; true -> loop(Node, Message, End, Now, Next) end.
