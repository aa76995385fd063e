//! Round pots, sold without a plant, and what stands for a product without a picture.

use super::{
    colour::*,
    geometry::{Curve, Path, Placement, Point},
    leaves::Leaf,
    scene::{FLOOR, MIDDLE, ledge},
    svg::Drawing,
    vessels::{Form, Pot},
};

const FOOT: Point = (MIDDLE, FLOOR);

/// Draws a product of this family; false when it is none.
pub(super) fn draw(d: &mut Drawing, slug: &str) -> bool {
    let (tint, shadow, goods): (Tint, f64, fn(&mut Drawing)) = match slug {
        "terracotta-pot" => (SKY, 84.0, terracotta),
        "glazed-blue-pot" => (SAND, 92.0, glazed),
        "hanging-planter" => (BLUSHED, 0.0, hanging),
        "zinc-tub" => (BLUSHED, 104.0, zinc),
        _ => return false,
    };
    ledge(d, tint, shadow);
    goods(d);
    true
}

/// What stands for a product without a picture: a pot in which something comes up.
pub(super) fn placeholder(d: &mut Drawing) {
    ledge(d, MIST, 76.0);
    let pot = Pot::clay(168.0, 136.0);
    pot.soil(d, FOOT);
    let top = FLOOR - 136.0;
    let stem = Curve::stem((MIDDLE, top), (204.0, 128.0));
    d.tube(&stem.path(), STEM, 6.0);
    for (part, side, colour) in [
        (0.55, -1.0, LEAF),
        (0.72, 1.0, FRESH),
        (1.0, -0.6, FRESH),
        (1.0, 0.7, LEAF),
    ] {
        let leaf = Leaf::new(64.0, 36.0, colour).bend(side * 8.0);
        leaf.draw(d, stem.point(part), side * 56.0);
    }
    // A label on which nothing is written yet.
    let label = Path::block((240.0, 138.0), (28.0, 80.0), 5.0);
    d.shape(&label, PAPER);
    pot.draw(d, FOOT);
}

/// The dark mouth of an empty vessel.
pub(super) fn mouth(d: &mut Drawing, y: f64, half: f64, colour: Colour) {
    d.shape(
        &Path::ellipse((MIDDLE, y), half, half * 0.13),
        colour.shade().shade(),
    );
}

pub(super) fn line_between(left: Point, right: Point) -> Path {
    Path::through(&[left, right])
}

fn terracotta(d: &mut Drawing) {
    let pot = Pot::clay(212.0, 196.0);
    mouth(d, FLOOR - 198.0, 105.0, CLAY);
    pot.draw(d, FOOT);
    // Lime blooms through the clay of a used pot.
    let bloom = [
        (142.0, 216.0),
        (150.0, 228.0),
        (162.0, 300.0),
        (172.0, 312.0),
        (228.0, 250.0),
        (236.0, 262.0),
        (182.0, 222.0),
    ];
    d.specks(&bloom, CLAY.light(), 7.0);
    d.line(
        &line_between((124.0, 195.0), (272.0, 195.0)),
        CLAY.shade(),
        2.4,
    );
}

fn glazed(d: &mut Drawing) {
    let pot = Pot::new(Form::Belly, GLAZE.mix(NAVY, 0.6), 196.0, 186.0);
    let top = FLOOR - 186.0;
    mouth(d, top, 98.0, NAVY);
    pot.draw(d, FOOT);
    // The glaze runs down from the rim.
    let mut runs = Path::from((106.0, top + 16.0))
        .line((294.0, top + 16.0))
        .line((296.0, top + 30.0));
    for (x, low) in [
        (284.0, 62.0),
        (262.0, 34.0),
        (244.0, 92.0),
        (222.0, 40.0),
        (200.0, 70.0),
        (178.0, 36.0),
        (154.0, 104.0),
        (130.0, 44.0),
        (112.0, 64.0),
        (104.0, 30.0),
    ] {
        let (_, y) = (x, top + low);
        runs = runs.quad((x + 11.0, y + 10.0), (x, y));
    }
    d.flat(&runs.close(), GLAZE.mix(SKY.wall, 0.3));
    d.shape(
        &Path::block((98.0, top - 4.0), (204.0, 20.0), 8.0),
        COPPER.mix(BARK, 0.5),
    );
    d.line(
        &line_between((112.0, top + 3.0), (178.0, top + 3.0)),
        COPPER.light(),
        3.0,
    );
    d.line(
        &Path::from((122.0, top + 58.0)).quad((104.0, top + 92.0), (122.0, top + 134.0)),
        SKY.arch,
        5.0,
    );
}

fn hanging(d: &mut Drawing) {
    let (ring, knot) = ((MIDDLE, 66.0), (MIDDLE, 106.0));
    d.tube(&line_between((MIDDLE, 0.0), (MIDDLE, 46.0)), JUTE, 3.0);
    d.tube(&Path::ellipse(ring, 19.0, 19.0), WOOD, 6.0);
    let cord = CREAM.mix(JUTE, 0.3);
    let (left, right) = ((118.0, 238.0), (282.0, 238.0));
    d.tube(
        &line_between(knot, (226.0, 220.0)).and(&line_between(knot, (174.0, 220.0))),
        cord.shade(),
        4.0,
    );
    mouth(d, 228.0, 78.0, STONE);
    let pot = Pot::new(Form::Bowl, WHITE, 160.0, 92.0);
    pot.draw(d, (MIDDLE, 320.0));
    for side in [left, right] {
        d.tube(
            &Path::through(&[knot, side]).quad((side.0, 300.0), (MIDDLE, 332.0)),
            cord,
            5.0,
        );
    }
    let net = Path::through(&[left, (160.0, 276.0), (MIDDLE, 246.0), (240.0, 276.0), right]);
    d.tube(
        &net.and(&Path::through(&[(MIDDLE, 332.0), (160.0, 276.0)]))
            .and(&Path::through(&[(MIDDLE, 332.0), (240.0, 276.0)])),
        cord,
        5.0,
    );
    for at in [left, right, (160.0, 276.0), (240.0, 276.0), (MIDDLE, 246.0)] {
        d.disc(at, 6.6, cord);
    }
    d.tube(&line_between((MIDDLE, 86.0), knot), cord, 8.0);
    let mut fringe = Path::default();
    for out in [-16.0, -8.0, 0.0, 8.0, 16.0] {
        fringe = fringe.and(
            &Path::from((MIDDLE, 336.0)).quad((MIDDLE + out, 350.0), (MIDDLE + out * 1.2, 384.0)),
        );
    }
    d.tube(&fringe, cord, 4.4);
    d.disc((MIDDLE, 336.0), 10.0, cord);
}

fn zinc(d: &mut Drawing) {
    let top = 184.0;
    for side in [-1.0, 1.0] {
        let x = |out: f64| MIDDLE + side * out;
        let handle = Path::from((x(112.0), 214.0)).cubic(
            (x(150.0), 204.0),
            (x(150.0), 252.0),
            (x(108.0), 244.0),
        );
        d.tube(&handle, STEEL, 7.0);
    }
    mouth(d, top, 124.0, SLATE);
    let body = Path::from((76.0, top))
        .quad((MIDDLE, top + 34.0), (324.0, top))
        .line((292.0, 334.0))
        .quad((MIDDLE, FLOOR + 16.0), (108.0, 334.0))
        .close();
    d.shape(&body, STEEL);
    let far = Path::from((266.0, top + 14.0))
        .quad((300.0, top + 8.0), (323.0, top + 2.0))
        .line((291.0, 333.0))
        .quad((270.0, 342.0), (244.0, 347.0))
        .close();
    d.flat(&far, STEEL.shade());
    for (y, half) in [(228.0, 112.0), (304.0, 96.0)] {
        for (off, tone) in [(0.0, SLATE), (4.0, STEEL.light())] {
            d.line(
                &Path::from((MIDDLE - half, y + off))
                    .quad((MIDDLE, y + 30.0 + off), (MIDDLE + half, y + off)),
                tone,
                2.6,
            );
        }
    }
    d.tube(
        &Path::from((76.0, top)).quad((MIDDLE, top + 34.0), (324.0, top)),
        STEEL.light(),
        6.0,
    );
    d.line(&line_between((108.0, 216.0), (126.0, 312.0)), WHITE, 7.0);
    // The spangle of fresh zinc.
    for (x, y, turn) in [
        (160.0, 252.0, 20.0),
        (206.0, 288.0, -30.0),
        (232.0, 246.0, 50.0),
        (170.0, 318.0, -10.0),
    ] {
        let flake = Path::polygon(&[(-9.0, 0.0), (-2.0, -7.0), (8.0, -3.0), (4.0, 7.0)]);
        d.flat(
            &flake.placed(Placement::at((x, y)).turned(turn)),
            STEEL.light(),
        );
    }
    for side in [-1.0, 1.0] {
        d.specks(
            &[
                (MIDDLE + side * 112.0, 214.0),
                (MIDDLE + side * 107.0, 244.0),
            ],
            SLATE,
            7.0,
        );
    }
}
