"""Word lists of the world: places, foods, people, towns, things."""

DAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
MONTHS = "january february march april may june july august september october november december".split()
COLOURS = "red blue green yellow black white brown grey orange purple pink silver golden beige navy turquoise".split()

# Places that have opening hours.
VENUES = """cafe|gift shop|museum|castle|gallery|garden|library|tower|playground|boat house|cinema|swimming pool|
aquarium|chapel|planetarium|observatory|restaurant|bookshop|theatre|visitor centre|information desk|ticket office|
reading room|workshop|greenhouse|farm shop|butterfly house|climbing wall|sauna|roof terrace|exhibition hall|cathedral|
lighthouse|windmill|watermill|maze|zoo|picnic area|study room|bakery|tea room|ice cream stand|bike hire|boat hire|
cloakroom|pharmacy|post office|nature trail|treetop walk|rose garden|science lab|print room|pottery studio"""

# Places one asks the way to and that need no opening hours.
SPOTS = """toilet|toilets|lost property|lift|exit|entrance|car park|bus stop|train station|taxi rank|first aid room|baby changing room|
prayer room|quiet room|water fountain|cash machine|lockers|stairs|main gate|bridge|fountain|statue|lake|pond|harbour|
market square|old mill|accessible toilet|ramp|wheelchairs|bike racks|charging point|coat hooks|courtyard|
viewing platform|lecture hall|meeting room|emergency exit|escalator|side door|river path|pier|battlefield|well|ruins|
dungeon|throne room|great hall|kitchen garden|orchard|stables|bandstand|waiting room|platform|smoking area|
vending machine|photo booth|map board|recycling bins|dog walk|campsite|footbridge|boardwalk|cliff top|beach|tunnel|cellar"""

FOODS = """apple cake|carrot cake|chocolate cake|lemon cake|cheese scone|cream tea|lentil soup|tomato soup|leek soup|
mushroom soup|cheese sandwich|ham sandwich|egg sandwich|tuna sandwich|veggie burger|fish and chips|baked potato|
chicken pie|beef stew|pasta salad|green salad|fruit salad|vegetable curry|porridge|pancakes|croissant|cinnamon bun|
shortbread|flapjack|brownie|muffin|banana bread|ice cream|sorbet|yoghurt|rice pudding|apple crumble|sausage roll|
omelette|noodles|pizza|risotto|falafel wrap|hummus|garlic bread|bread roll|crisps|biscuit|gingerbread|cheesecake|
toast|bagel|waffle|nachos|quiche|lasagne|fishcake|chilli|ploughman's lunch|kids' meal"""

DRINKS = """coffee|flat white|espresso|cappuccino|latte|tea|green tea|mint tea|hot chocolate|apple juice|orange juice|
lemonade|sparkling water|still water|milk|oat milk|ginger beer|cola|iced tea|smoothie|mocha|cider|elderflower cordial|milkshake"""

TICKETS = """adult ticket|child ticket|family ticket|student ticket|senior ticket|day ticket|group ticket|season ticket|
museum ticket|castle ticket|parking ticket|return ticket|concert ticket|boat ticket|evening ticket|audio guide|
guide book|map|poster|postcard|locker|wheelchair hire|bike|rowing boat|souvenir mug"""

EVENTS = """guided tour|boat trip|concert|puppet show|cooking class|pottery class|falconry show|night walk|story hour|
film|lecture|wine tasting|craft workshop|drawing class|choir practice|dance lesson|feeding time|light show|magic show|
ghost tour|bird walk|bat walk|archery lesson|treasure hunt|yoga class|family quiz|science show|stargazing evening|
organ recital|bee keeping talk|medieval feast|history talk"""

TOWNS = """oakley|harrow hill|millbrook|ashford|kingston|westport|newbridge|stonehaven|riverside|lakeview|elmwood|
fairfield|greenwich|highgate|kendal|langford|marlow|norwich|oxford|penrith|queensbury|redhill|salford|thornton|upton|
victoria|whitby|yarmouth|bristol|cambridge|dover|exeter|falmouth|glasgow|hereford|inverness|london|manchester|newport|
plymouth|sheffield|swansea|windsor|york|durham|brighton|leeds|bath|chester|carlisle|aberdeen|belfast|cardiff|edinburgh|
liverpool|southampton|airport|city centre|harbour|seaside|old town|hospital|university|stadium"""

FIRST_NAMES = """anna|maria|thomas|peter|lucy|oliver|emma|jack|sophie|daniel|laura|martin|helen|george|alice|henry|
clara|david|nina|paul|rosa|simon|julia|mark|elena|robert|sarah|victor|irene|leo|grace|oscar|hannah|felix|ruby|hugo|
ella|max|ivy|adam|zoe|noah|lily|arthur|nora|edward|freya|samuel|beth|walter|amir|fatima|yuki|chen|priya|omar|ingrid|
lars|astrid|pablo|carmen|dmitri|olga|kofi|amara|tariq|leila|sean|niamh|rhys|gwen|colin|fiona|angus|moira|patrick|bridget"""

SURNAMES = """abbott|baker|carter|dawson|ellis|fisher|garcia|hughes|ibrahim|jensen|kelly|lambert|murphy|newton|osborne|
parker|quinn|reed|shaw|turner|underwood|vaughan|walker|young|archer|bishop|cooper|drake|evans|foster|grant|holmes|
irving|james|knight|lawson|morgan|nolan|owens|porter|rhodes|stone|tucker|wells|yates|khan|patel|novak|rossi|fischer|
larsen|moreau|silva|tanaka|kowalski|schmidt|okafor|nguyen|singh|mendes"""

THINGS = """umbrella|scarf|wallet|phone|camera|backpack|jacket|hat|glove|key|bunch of keys|water bottle|lunch box|
notebook|tablet|charger|teddy bear|toy rabbit|bracelet|necklace|earring|ring|watch|pair of glasses|sunglasses|
walking stick|pushchair|blanket|jumper|coat|raincoat|boot|trainer|sock|purse|handbag|suitcase|shopping bag|book|
passport|train ticket|bus pass|headphones|laptop|hearing aid|binoculars|sketchbook|pencil case|football|kite|doll|
toy car|drone|helmet|bicycle|scooter|skateboard|map|flask|penknife|torch|violin|sleeping bag|towel|rucksack|beanie|belt"""

MATERIALS = "leather woollen cotton plastic wooden metal paper silk denim velvet rubber glass straw".split()
SIZES = "small large tiny big little huge medium long short old new striped spotted folding broken".split()

ROOMS = """kitchen|living room|bedroom|bathroom|hall|office|garage|garden|dining room|attic|basement|nursery|study|
corridor|porch|balcony|guest room|stairs|landing|laundry room|spare room|playroom"""

DEVICES = """light|lamp|ceiling light|reading lamp|heater|fan|radio|television|coffee machine|blinds|curtains|oven|
dishwasher|washing machine|sprinkler|doorbell|alarm|speaker|kettle|air conditioning|front door lock|desk lamp|fairy lights|thermostat"""

CHORES = """pasta|eggs|laundry|pizza|tea|bread|homework|parking meter|workout|nap|oven|rice|meeting|medicine|bus|
potatoes|cake|plants|phone call|break|dough|roast|bath|piano practice"""

FLOORS = ["ground floor", "first floor", "second floor", "third floor", "top floor", "lower floor", "upper level", "middle floor"]

# Things nobody in the centre knows about: for questions outside the world.
ELSEWHERE = """france|brazil|egypt|australia|norway|canada|japan|kenya|iceland|mexico|the moon|mars|jupiter|everest|the nile|
the atlantic|the amazon|china|india|peru|greece|finland|turkey|the sahara|antarctica|saturn|hawaii|siberia"""


def items(block: str) -> list[str]:
    """The entries of a `a|b|c` block."""
    return [entry.strip() for entry in block.replace("\n", "").split("|") if entry.strip()]


VENUE_LIST, SPOT_LIST = items(VENUES), items(SPOTS)
FOOD_LIST, DRINK_LIST = items(FOODS), items(DRINKS)
TICKET_LIST, EVENT_LIST, TOWN_LIST = items(TICKETS), items(EVENTS), items(TOWNS)
FIRST_NAME_LIST, SURNAME_LIST = items(FIRST_NAMES), items(SURNAMES)
THING_LIST, ROOM_LIST, DEVICE_LIST = items(THINGS), items(ROOMS), items(DEVICES)
CHORE_LIST, ELSEWHERE_LIST = items(CHORES), items(ELSEWHERE)
PLACE_LIST = VENUE_LIST + SPOT_LIST
